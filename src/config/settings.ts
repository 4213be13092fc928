import { z } from 'zod';

/** What people read about a setting, in `--help` and in the README. */
export interface SettingNotes {
  /** One sentence, with units. */
  readonly about: string;
  /** As people would write it; left out where there is none. */
  readonly default?: string;
  /** The form of a value, for `--help`. */
  readonly value: string;
  /** Secrets are taken from the environment or a file (`…_FILE`), never from the command line. */
  readonly isSecret?: boolean;
  readonly isSwitch?: boolean;
}

/** Says what was expected and what came; the value itself is repeated only where it is no secret. */
const expected = (what: string) => ({
  error: ({ input }: { input?: unknown }) => `expected ${what}, got ${JSON.stringify(input)}`,
});

const wholeNumber = (from: number, to: number) =>
  z
    .string()
    .refine((text) => /^\d{1,9}$/.test(text) && Number(text) >= from && Number(text) <= to, {
      ...expected(`a whole number from ${from} to ${to}`),
    })
    .transform(Number);

const SWITCH_WORDS: Record<string, boolean> = {
  true: true,
  yes: true,
  on: true,
  1: true,
  false: false,
  no: false,
  off: false,
  0: false,
};
const onOff = z
  .string()
  .refine((text) => text.toLowerCase() in SWITCH_WORDS, expected('true or false'))
  .transform((text) => SWITCH_WORDS[text.toLowerCase()] === true);

const httpUrl = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
    ...expected('an address such as https://project.feishu.cn'),
    abort: true,
  })
  .refine(
    (text) => {
      const { search, hash, username, password } = new URL(text);
      return search + hash + username + password === '';
    },
    // Not repeated: it may hold a password.
    { error: 'expected an address without query, fragment or credentials' },
  );

/**
 * Every setting, in the order people read them. The flag of a setting is its name in lower case with hyphens:
 * `LARK_BASE_URL` is `--lark-base-url`.
 */
export const settings = {
  PORT: setting(wholeNumber(0, 65_535), {
    about: 'Port of the gateway; 0 takes any free one.',
    default: '4000',
    value: 'number',
  }),
  HOST: setting(z.string(), { about: 'Address the gateway listens on.', default: '127.0.0.1', value: 'address' }),
  LARK_BASE_URL: setting(httpUrl, {
    about:
      'Where the user API lives: https://project.feishu.cn (China), https://project.larksuite.com (international), or a host of your own.',
    value: 'url',
  }),
  LARK_PLUGIN_ID: setting(z.string(), { about: 'Plugin id from the developer console, MII_….', value: 'id' }),
  LARK_PLUGIN_SECRET: setting(z.string(), {
    about: 'Plugin secret from the developer console.',
    value: 'text',
    isSecret: true,
  }),
  LARK_TOKEN_TYPE: setting(z.enum(['official', 'virtual'], expected('official or virtual')), {
    about: 'official; or virtual, for development, which finds only the collaborators of the plugin.',
    default: 'official',
    value: 'official|virtual',
  }),
  LARK_USER_KEY: setting(z.string(), {
    about: 'Key of the acting person (X-USER-KEY); not needed with most plugins.',
    value: 'key',
  }),
  LARK_TIMEOUT_MS: setting(wholeNumber(1, 600_000), {
    about: 'Deadline of one call to the user API, in milliseconds, token and reading included.',
    default: '3000',
    value: 'ms',
  }),
  LARK_CALLS_PER_SECOND: setting(wholeNumber(1, 100_000), {
    about:
      "Calls to the user API in any one second, over all kinds of look-up. The vendor's limit for one token is 15.",
    default: '15',
    value: 'number',
  }),
  REQUEST_TIMEOUT_MS: setting(wholeNumber(1, 600_000), {
    about: 'Deadline of one request, in milliseconds, waiting for its turn included.',
    default: '10000',
    value: 'ms',
  }),
  QUEUE_LIMIT: setting(wholeNumber(1, 1_000_000), {
    about: 'Look-ups that may wait for their turn, over all requests; more are refused as OVERLOADED.',
    default: '6000',
    value: 'number',
  }),
  CACHE_TTL_SECONDS: setting(wholeNumber(0, 86_400), {
    about: 'How long a person is served from memory; 0 switches the cache off.',
    default: '60',
    value: 'seconds',
  }),
  CACHE_NEGATIVE_TTL_SECONDS: setting(wholeNumber(0, 86_400), {
    about: '"There is no such person" is remembered for so long.',
    default: '5',
    value: 'seconds',
  }),
  CACHE_STALE_SECONDS: setting(wholeNumber(0, 604_800), {
    about:
      'How long beyond their time people are kept, to be served while the user API is in trouble; 0 for not at all.',
    default: '3600',
    value: 'seconds',
  }),
  CACHE_ENTRIES: setting(wholeNumber(1, 1_000_000), {
    about: 'People kept in memory at most; the longest unused go first.',
    default: '50000',
    value: 'number',
  }),
  MAX_IDENTIFIERS: setting(wholeNumber(1, 1_000_000), {
    about: 'Identifiers that one operation may name, over all its aliases and lists.',
    default: '1000',
    value: 'number',
  }),
  GRAPHIQL: setting(onOff, {
    about: 'Serves GraphiQL to browsers at /graphql. Off by default with NODE_ENV=production.',
    default: 'true',
    value: 'true|false',
    isSwitch: true,
  }),
  SHUTDOWN_DELAY_SECONDS: setting(wholeNumber(0, 3_600), {
    about: 'After SIGTERM the gateway is not ready, but accepts requests for so long, until the balancer has noticed.',
    default: '0',
    value: 'seconds',
  }),
  SHUTDOWN_GRACE_SECONDS: setting(wholeNumber(0, 3_600), {
    about: 'Then requests in flight may take so long to finish.',
    default: '10',
    value: 'seconds',
  }),
  SANDBOX: setting(onOff, {
    about:
      'Serves the made-up people of the embedded sandbox. On by default without credentials, except with NODE_ENV=production.',
    default: 'false',
    value: 'true|false',
    isSwitch: true,
  }),
  SANDBOX_PORT: setting(wholeNumber(0, 65_535), {
    about: 'Port of the embedded sandbox; 0 takes any free one.',
    default: '4100',
    value: 'number',
  }),
  SANDBOX_PEOPLE: setting(z.string(), {
    about: 'How many made-up people the sandbox has, or a JSON or CSV file of your own.',
    default: '1000',
    value: 'number|file',
  }),
} as const;

export type SettingName = keyof typeof settings;
export type Settings = { [Name in SettingName]: z.infer<(typeof settings)[Name]['schema']> | undefined };

export const settingNames = Object.keys(settings) as SettingName[];

export const flagOf = (name: string): string => `--${name.toLowerCase().replaceAll('_', '-')}`;

function setting<Schema extends z.ZodType>(schema: Schema, notes: SettingNotes) {
  return { schema, notes };
}
