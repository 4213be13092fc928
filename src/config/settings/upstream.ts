import { z } from 'zod';
import { isHeaderText } from '../../upstream/user-token.ts';
import { expected, httpUrl, setting, wholeNumber } from '../setting.ts';

export const upstreamSettings = {
  LARK_BASE_URL: setting(
    httpUrl.refine((text) => !/\/open_api(\/|$)/i.test(new URL(text).pathname), {
      error: 'expected the address that comes before /open_api, got one with it. Drop it: the gateway adds it',
    }),
    {
      about:
        'Where the user API lives, without /open_api: https://project.feishu.cn (China), https://project.larksuite.com (international), or a host of your own.',
      value: 'url',
    },
  ),
  LARK_IDENTITY: setting(z.enum(['plugin', 'caller'], expected('plugin or caller')), {
    about:
      'The token of calls to the user API: plugin, the token of the plugin; or caller, the user access token that each request sends in the header x-lark-user-token. With caller no plugin credential is needed.',
    default: 'plugin',
    value: 'plugin|caller',
  }),
  LARK_PLUGIN_ID: setting(z.string().refine(isHeaderText, expected('an id of visible ASCII without spaces')), {
    about: 'Plugin id from the developer console, MII_….',
    value: 'id',
  }),
  // Not repeated. A line break or an invisible character comes with copying.
  LARK_PLUGIN_SECRET: setting(
    z.string().refine(isHeaderText, 'expected visible ASCII without spaces, got other characters'),
    {
      about: 'Plugin secret from the developer console.',
      value: 'text',
      isSecret: true,
    },
  ),
  LARK_TOKEN_TYPE: setting(z.enum(['official', 'virtual'], expected('official or virtual')), {
    about: 'official; or virtual, for development, which finds only the collaborators of the plugin.',
    default: 'official',
    value: 'official|virtual',
  }),
  LARK_USER_KEY: setting(z.string().refine(isHeaderText, expected('a key of visible ASCII without spaces')), {
    about: 'Key of the acting user (X-USER-KEY); not needed with most plugins.',
    value: 'key',
  }),
  LARK_TIMEOUT_MS: setting(wholeNumber(1, 600_000), {
    about: 'Deadline of one call to the user API, in milliseconds, token and reading included.',
    default: '3000',
    value: 'ms',
  }),
  LARK_CALLS_PER_SECOND: setting(wholeNumber(1, 100_000), {
    about:
      "Calls to the user API in any one second with one token, over all kinds of lookup. The vendor's limit is 15.",
    default: '15',
    value: 'number',
  }),
} as const;
