import type { GatewayOptions } from '../gateway-options.ts';
import { flagOf, type SettingName, type Settings } from './settings.ts';

export interface SandboxUpstream {
  readonly kind: 'sandbox';
  /** True where `--sandbox` said so, false where there were no credentials. */
  readonly isExplicit: boolean;
  readonly port: number;
  /** A number of people to make up, or the path of a file of people. */
  readonly people: number | string;
  readonly tokenType: 'official' | 'virtual';
  readonly identity: 'plugin' | 'caller';
}

export interface RealUpstream {
  readonly kind: 'real';
  readonly credential: Credential;
}

export type Credential = Pick<
  GatewayOptions,
  'baseUrl' | 'identity' | 'pluginId' | 'pluginSecret' | 'tokenType' | 'userKey'
>;

const CREDENTIAL = ['LARK_BASE_URL', 'LARK_PLUGIN_ID', 'LARK_PLUGIN_SECRET'] as const satisfies SettingName[];

export interface Circumstances {
  isSet(name: SettingName): boolean;
  readonly isProduction: boolean;
  readonly needsCredential: boolean;
}

/** For the plugin's token only, and for stale users. */
const OF_PLUGIN = [
  'LARK_PLUGIN_ID',
  'LARK_PLUGIN_SECRET',
  'LARK_TOKEN_TYPE',
  'LARK_USER_KEY',
  'CACHE_STALE_SECONDS',
] as const satisfies SettingName[];

/** Credentials mean the real API; none mean the sandbox, except in production, where that would be a costly surprise. */
export function chooseUpstream(
  values: Settings,
  circumstances: Circumstances,
  mistakes: string[],
): SandboxUpstream | RealUpstream | undefined {
  if (values.LARK_IDENTITY === 'caller') return chooseForCallers(values, circumstances, mistakes);
  const { isSet, isProduction, needsCredential } = circumstances;
  const { LARK_BASE_URL: baseUrl, LARK_PLUGIN_ID: pluginId, LARK_PLUGIN_SECRET: pluginSecret } = values;
  const hasCredential = isSet('LARK_PLUGIN_ID') || isSet('LARK_PLUGIN_SECRET');

  const wantsSandbox = values.SANDBOX ?? (!hasCredential && !isProduction);

  if (wantsSandbox && !needsCredential) {
    if (baseUrl !== undefined && values.SANDBOX !== true) {
      mistakes.push(
        `LARK_BASE_URL is set but no credential: set LARK_PLUGIN_ID and LARK_PLUGIN_SECRET, or ${flagOf('SANDBOX')}.`,
      );
      return undefined;
    }
    return sandboxUpstream(values);
  }
  // A value that is set but malformed is a mistake of its own already.
  const missing = CREDENTIAL.filter((name) => !isSet(name));
  if (missing.length > 0) {
    const why = hasCredential ? 'A credential is incomplete' : 'A credential is needed';
    const instead = needsCredential ? '' : ` To serve made-up people instead, set ${flagOf('SANDBOX')}.`;
    mistakes.push(`${why}: set ${missing.join(', ')}.${instead}`);
  }
  if (baseUrl === undefined || pluginId === undefined || pluginSecret === undefined) return undefined;
  const { LARK_TOKEN_TYPE: tokenType = 'official', LARK_USER_KEY: userKey } = values;
  return { kind: 'real', credential: { baseUrl, identity: 'plugin', pluginId, pluginSecret, tokenType, userKey } };
}

/** Each request brings its own token, so an address alone means the real API. */
function chooseForCallers(
  values: Settings,
  { isSet, isProduction, needsCredential }: Circumstances,
  mistakes: string[],
): SandboxUpstream | RealUpstream | undefined {
  const unused = OF_PLUGIN.filter(isSet);
  if (unused.length > 0) {
    mistakes.push(
      `${unused.join(', ')}: set, but LARK_IDENTITY is caller, which does not use it. Set LARK_IDENTITY=plugin, or remove it.`,
    );
  }
  if (needsCredential) {
    mistakes.push(
      'LARK_IDENTITY is caller, so there is no credential to check: only the callers have tokens. Set LARK_IDENTITY=plugin to check the credential of a plugin.',
    );
    return undefined;
  }
  const { LARK_BASE_URL: baseUrl, SANDBOX } = values;
  if (SANDBOX ?? (!isSet('LARK_BASE_URL') && !isProduction)) return sandboxUpstream(values);
  if (!isSet('LARK_BASE_URL')) {
    mistakes.push(
      `LARK_IDENTITY is caller: set LARK_BASE_URL. To serve made-up people instead, set ${flagOf('SANDBOX')}.`,
    );
  }
  return baseUrl === undefined ? undefined : { kind: 'real', credential: { baseUrl, identity: 'caller' } };
}

const sandboxUpstream = (values: Settings): SandboxUpstream => ({
  kind: 'sandbox',
  isExplicit: values.SANDBOX === true,
  port: values.SANDBOX_PORT ?? 4100,
  people: numberOrPath(values.SANDBOX_PEOPLE ?? '1000'),
  tokenType: values.LARK_TOKEN_TYPE ?? 'official',
  identity: values.LARK_IDENTITY ?? 'plugin',
});

const numberOrPath = (text: string) => (/^\d+$/.test(text) ? Number(text) : text);

/** Users from a file may be real. */
export const hasMadeUpPeople = (upstream: SandboxUpstream | RealUpstream | undefined): boolean =>
  upstream?.kind === 'sandbox' && typeof upstream.people === 'number';
