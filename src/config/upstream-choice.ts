import type { GatewayOptions } from '../gateway.ts';
import { flagOf, type SettingName, type Settings } from './settings.ts';

export interface SandboxUpstream {
  readonly kind: 'sandbox';
  /** True where `--sandbox` said so, false where there were no credentials. */
  readonly isExplicit: boolean;
  readonly port: number;
  /** A number of people to make up, or the path of a file of people. */
  readonly people: number | string;
  readonly tokenType: 'official' | 'virtual';
}

export interface RealUpstream {
  readonly kind: 'real';
  readonly credential: Pick<GatewayOptions, 'baseUrl' | 'pluginId' | 'pluginSecret' | 'tokenType' | 'userKey'>;
}

const CREDENTIAL = ['LARK_BASE_URL', 'LARK_PLUGIN_ID', 'LARK_PLUGIN_SECRET'] as const satisfies SettingName[];

export interface Circumstances {
  isSet(name: SettingName): boolean;
  readonly isProduction: boolean;
  readonly needsCredential: boolean;
}

/** Credentials mean the real API; none mean the sandbox, except in production, where that would be a costly surprise. */
export function chooseUpstream(
  values: Settings,
  { isSet, isProduction, needsCredential }: Circumstances,
  mistakes: string[],
): SandboxUpstream | RealUpstream | undefined {
  const { LARK_BASE_URL: baseUrl, LARK_PLUGIN_ID: pluginId, LARK_PLUGIN_SECRET: pluginSecret } = values;
  const tokenType = values.LARK_TOKEN_TYPE ?? 'official';
  const hasCredential = pluginId !== undefined || pluginSecret !== undefined;

  const wantsSandbox = values.SANDBOX ?? (!hasCredential && !isProduction);

  if (wantsSandbox && !needsCredential) {
    if (baseUrl !== undefined && values.SANDBOX !== true) {
      mistakes.push(
        `LARK_BASE_URL is set but no credential: set LARK_PLUGIN_ID and LARK_PLUGIN_SECRET, or ${flagOf('SANDBOX')}.`,
      );
      return undefined;
    }
    return {
      kind: 'sandbox',
      isExplicit: values.SANDBOX === true,
      port: values.SANDBOX_PORT ?? 4100,
      people: numberOrPath(values.SANDBOX_PEOPLE ?? '1000'),
      tokenType,
    };
  }
  // A value that is set but malformed is a mistake of its own already.
  const missing = CREDENTIAL.filter((name) => !isSet(name));
  if (missing.length > 0) {
    const why = hasCredential ? 'A credential is incomplete' : 'A credential is needed';
    const instead = needsCredential ? '' : ` To serve made-up people instead, say ${flagOf('SANDBOX')}.`;
    mistakes.push(`${why}: set ${missing.join(', ')}.${instead}`);
  }
  if (baseUrl === undefined || pluginId === undefined || pluginSecret === undefined) return undefined;
  return { kind: 'real', credential: { baseUrl, pluginId, pluginSecret, tokenType, userKey: values.LARK_USER_KEY } };
}

const numberOrPath = (text: string) => (/^\d+$/.test(text) ? Number(text) : text);
