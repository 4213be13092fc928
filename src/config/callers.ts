import type { GatewayOptions } from '../gateway-options.ts';
import type { ApiKey } from '../http/callers/api-keys.ts';
import { ASYMMETRIC_ALGORITHMS, type AuthOptions, SCOPES } from '../http/callers/authentication.ts';
import { isLoopbackAddress } from '../http/callers/caller.ts';
import { got, isSafeHttpUrl } from './setting.ts';
import type { SettingName, Settings } from './settings.ts';

export type CallerConfig = Pick<GatewayOptions, 'auth' | 'tenantKeys' | 'emailNeedsScope' | 'identifiersPerMinute'>;

interface CallerContext {
  /** The address to listen on. */
  readonly host: string;
  /** True in front of the embedded sandbox, unless its users come from a file. */
  readonly hasMadeUpPeople: boolean;
  isSet(name: SettingName): boolean;
}

const OF_KIND = {
  'api-key': ['API_KEYS'],
  jwt: ['JWT_JWKS_URL', 'JWT_ISSUER', 'JWT_AUDIENCE', 'JWT_ALGORITHMS', 'JWT_CLOCK_TOLERANCE_SECONDS'],
} as const satisfies Record<string, SettingName[]>;

/** Which callers are answered, and what they may do. Mistakes are added to `mistakes`. */
export function callerConfig(values: Settings, context: CallerContext, mistakes: string[]): CallerConfig {
  const kind = values.AUTH ?? 'none';
  const tenantKeys = listOf(values.LARK_TENANT_KEYS);
  checkUnused(kind, context, mistakes);
  const auth = authOptions(kind, values, context, mistakes);
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
  context: CallerContext,
  mistakes: string[],
): AuthOptions | undefined {
  if (kind === 'none') return openTo(context, mistakes);
  if (kind === 'jwt') return jwtOptions(values, context, mistakes);
  if (values.API_KEYS === undefined) {
    mistakes.push('AUTH is api-key: set API_KEYS or API_KEYS_FILE. The command "api-key <name>" makes a key.');
    return undefined;
  }
  return { kind, keys: parseApiKeys(values.API_KEYS, mistakes) };
}

function openTo({ host, hasMadeUpPeople }: CallerContext, mistakes: string[]): AuthOptions {
  const isLocal = isLoopbackAddress(host);
  if (!isLocal && !hasMadeUpPeople) {
    mistakes.push(
      `HOST: expected a loopback address such as 127.0.0.1, ${got(host)}: with AUTH=none users would be open to the network. Set AUTH to api-key or jwt.`,
    );
  }
  return { kind: 'none', hosts: isLocal ? 'loopback' : 'any' };
}

function jwtOptions(values: Settings, { isSet }: CallerContext, mistakes: string[]): AuthOptions | undefined {
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
      'JWT_JWKS_URL: expected https, or http on a loopback address: a changed key set makes every token valid.',
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
function checkUnused(kind: 'none' | 'api-key' | 'jwt', { isSet }: CallerContext, mistakes: string[]): void {
  for (const [other, names] of Object.entries(OF_KIND)) {
    const idle = other === kind ? [] : names.filter(isSet);
    if (idle.length > 0)
      mistakes.push(`${idle.join(', ')}: set, but AUTH is ${kind}. Set AUTH=${other}, or remove it.`);
  }
  if (kind !== 'none') return;
  const needing = (['EMAIL_NEEDS_SCOPE', 'IDENTIFIERS_PER_MINUTE'] as const).filter(isSet);
  if (needing.length > 0)
    mistakes.push(`${needing.join(', ')}: set, but AUTH is none, so callers are not identified. Set AUTH.`);
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

/** It appears in logs. */
export const API_KEY_NAME = /^[\w.-]{1,64}$/;
const HASH = /^[\da-f]{64}$/i;
const KNOWN_SCOPES: readonly string[] = Object.values(SCOPES);

/**
 * Reads `name:sha256hex[;scopes=a+b][;tenants=a+b],…`, also with line breaks in place of commas. A line that begins with `#` is a
 * comment. Mistakes are added to `mistakes`, by position: a key may stand where its hash belongs.
 */
export function parseApiKeys(text: string, mistakes: string[]): ApiKey[] {
  const lines = text.split('\n').map((line) => (line.trim().startsWith('#') ? '' : line));
  const entries = lines.flatMap((line, index) =>
    line.split(',').map((entry) => ({ entry: entry.trim(), line: index + 1 })),
  );
  const written = entries.filter(({ entry }) => entry !== '');
  if (written.length === 0) mistakes.push('API_KEYS: expected at least one name:sha256, got an empty list.');
  const named = new Map<string, string>();
  return written.flatMap(({ entry, line }, index) => {
    const where = `API_KEYS: ${lines.length > 1 ? `line ${line}` : `entry ${index + 1}`}`;
    const keys = parseEntry(entry, where, mistakes);
    for (const { name, sha256 } of keys) {
      const first = named.get(sha256);
      if (first === undefined) named.set(sha256, name);
      else mistakes.push(`${where} ("${name}"): expected another hash than that of "${first}": one key is one caller.`);
    }
    return keys;
  });
}

function parseEntry(entry: string, where: string, mistakes: string[]): ApiKey[] {
  const [pair = '', ...options] = entry.split(';').map((part) => part.trim());
  const at = pair.lastIndexOf(':');
  const [name, sha256] = [pair.slice(0, Math.max(0, at)), pair.slice(at + 1)];
  if (!API_KEY_NAME.test(name) || !HASH.test(sha256)) {
    mistakes.push(
      `${where}: expected name:sha256, a name of letters, digits, "-", "_", "." and 64 hex digits. The command "api-key <name>" prints one.`,
    );
    return [];
  }
  const [scopes, tenantKeys] = [optionOf(options, 'scopes'), optionOf(options, 'tenants')];
  const unknown = options.filter((option) => !/^(scopes|tenants)=/.test(option));
  if (unknown.length > 0) mistakes.push(`${where} ("${name}"): expected scopes=… or tenants=… behind a semicolon.`);
  const twice = (['scopes', 'tenants'] as const).filter(
    (option) => options.filter((one) => one.startsWith(`${option}=`)).length > 1,
  );
  for (const option of twice)
    mistakes.push(`${where} ("${name}"): expected ${option}= once, with all of them: ${option}=a+b.`);
  const strange = scopes?.filter((scope) => !KNOWN_SCOPES.includes(scope)) ?? [];
  if (strange.length > 0) {
    mistakes.push(`${where} ("${name}"): expected scopes of ${KNOWN_SCOPES.join(', ')}, ${got(strange.join('+'))}.`);
  }
  return [{ name, sha256: sha256.toLowerCase(), scopes, tenantKeys }];
}

function optionOf(options: readonly string[], name: string): string[] | undefined {
  const option = options.find((one) => one.startsWith(`${name}=`));
  return option
    ?.slice(name.length + 1)
    .split('+')
    .filter((part) => part !== '');
}
