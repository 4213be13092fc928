import type { GatewayOptions } from '../gateway-options.ts';
import type { ApiKey } from '../http/callers/api-keys.ts';
import type { AuthOptions } from '../http/callers/authentication.ts';
import { ASYMMETRIC_ALGORITHMS } from '../http/callers/jwt-options.ts';
import { isLoopbackAddress } from '../http/callers/loopback-hosts.ts';
import { parseApiKeys } from './api-key-list.ts';
import { got, isSafeHttpUrl } from './setting.ts';
import type { SettingName, Settings } from './settings.ts';

export type CallerConfig = Pick<GatewayOptions, 'auth' | 'tenantKeys' | 'emailNeedsScope' | 'identifiersPerMinute'>;

export interface Surroundings {
  /** The address to listen on. */
  readonly host: string;
  /** True in front of the embedded sandbox, unless its people come from a file. */
  readonly hasMadeUpPeople: boolean;
  isSet(name: SettingName): boolean;
}

const OF_KIND = {
  'api-key': ['API_KEYS'],
  jwt: ['JWT_JWKS_URL', 'JWT_ISSUER', 'JWT_AUDIENCE', 'JWT_ALGORITHMS', 'JWT_CLOCK_TOLERANCE_SECONDS'],
} as const satisfies Record<string, SettingName[]>;

/** Who may ask, and for what. Mistakes are added to `mistakes`. */
export function callerConfig(values: Settings, around: Surroundings, mistakes: string[]): CallerConfig {
  const kind = values.AUTH ?? 'none';
  const tenantKeys = listOf(values.LARK_TENANT_KEYS);
  checkUnused(kind, around, mistakes);
  const auth = authOptions(kind, values, around, mistakes);
  if (auth?.kind === 'api-key') mistakes.push(...tenantMistakes(auth.keys, tenantKeys));
  return {
    auth,
    tenantKeys,
    emailNeedsScope: values.EMAIL_NEEDS_SCOPE ?? false,
    identifiersPerMinute: kind === 'none' ? undefined : (values.IDENTIFIERS_PER_MINUTE ?? 30_000),
  };
}

function authOptions(
  kind: 'none' | 'api-key' | 'jwt',
  values: Settings,
  around: Surroundings,
  mistakes: string[],
): AuthOptions | undefined {
  if (kind === 'none') return openTo(around, mistakes);
  if (kind === 'jwt') return jwtOptions(values, around, mistakes);
  if (values.API_KEYS === undefined) {
    mistakes.push('AUTH is api-key: set API_KEYS or API_KEYS_FILE. The command "api-key <name>" makes a key.');
    return undefined;
  }
  return { kind, keys: parseApiKeys(values.API_KEYS, mistakes) };
}

function openTo({ host, hasMadeUpPeople }: Surroundings, mistakes: string[]): AuthOptions {
  const isLocal = isLoopbackAddress(host);
  if (!isLocal && !hasMadeUpPeople) {
    mistakes.push(
      `HOST: expected a loopback address such as 127.0.0.1, ${got(host)}: with AUTH=none people would be open to the network. Set AUTH to api-key or jwt.`,
    );
  }
  return { kind: 'none', hosts: isLocal ? 'loopback' : 'any' };
}

function jwtOptions(values: Settings, { isSet }: Surroundings, mistakes: string[]): AuthOptions | undefined {
  const missing = OF_KIND.jwt.slice(0, 3).filter((name) => !isSet(name));
  if (missing.length > 0) mistakes.push(`AUTH is jwt: set ${missing.join(', ')}.`);
  const algorithms = listOf(values.JWT_ALGORITHMS);
  const unsafe = algorithms?.filter((name) => !ASYMMETRIC_ALGORITHMS.has(name)) ?? [];
  if (unsafe.length > 0) {
    mistakes.push(
      `JWT_ALGORITHMS: expected some of ${[...ASYMMETRIC_ALGORITHMS].join(', ')}, ${got(unsafe.join(','))}.`,
    );
  }
  const { JWT_JWKS_URL: jwksUrl, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = values;
  if (jwksUrl !== undefined && !isSafeHttpUrl(jwksUrl)) {
    mistakes.push(
      'JWT_JWKS_URL: expected https, or http on a loopback address: whoever can change the keys can be anybody.',
    );
  }
  if (jwksUrl === undefined || issuer === undefined || audience === undefined) return undefined;
  return {
    kind: 'jwt',
    jwksUrl,
    issuer,
    audience,
    algorithms,
    clockToleranceSeconds: values.JWT_CLOCK_TOLERANCE_SECONDS,
  };
}

/** What is set for another kind of authentication is probably meant to be in force. */
function checkUnused(kind: 'none' | 'api-key' | 'jwt', { isSet }: Surroundings, mistakes: string[]): void {
  for (const [other, names] of Object.entries(OF_KIND)) {
    const idle = other === kind ? [] : names.filter(isSet);
    if (idle.length > 0)
      mistakes.push(`${idle.join(', ')}: set, but AUTH is ${kind}. Set AUTH=${other}, or remove it.`);
  }
  if (kind !== 'none') return;
  const needing = (['EMAIL_NEEDS_SCOPE', 'IDENTIFIERS_PER_MINUTE'] as const).filter(isSet);
  if (needing.length > 0)
    mistakes.push(`${needing.join(', ')}: set, but AUTH is none, so callers cannot be told apart. Set AUTH.`);
}

function tenantMistakes(keys: readonly ApiKey[], tenantKeys: readonly string[] | undefined): string[] {
  if (!tenantKeys) return [];
  return keys.flatMap(({ name, tenantKeys: own = [] }) => {
    const beyond = own.filter((tenant) => !tenantKeys.includes(tenant));
    return beyond.length > 0
      ? [
          `API_KEYS: "${name}" may name tenants that LARK_TENANT_KEYS does not list. Add them there, or remove them here.`,
        ]
      : [];
  });
}

/** The parts of a list with commas; `undefined` where there is none. */
function listOf(text: string | undefined): string[] | undefined {
  return text
    ?.split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
