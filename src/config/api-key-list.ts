import type { ApiKey } from '../http/callers/api-keys.ts';
import { SCOPES } from '../http/callers/authentication.ts';
import { got } from './setting.ts';

/** It appears in logs. */
export const API_KEY_NAME = /^[\w.-]{1,64}$/;
const HASH = /^[\da-f]{64}$/i;
const KNOWN_SCOPES: readonly string[] = Object.values(SCOPES);

/**
 * Reads `name:sha256hex[;scopes=a+b][;tenants=a+b],…`, also with line breaks in place of commas. A line that begins with `#` is a
 * comment. Mistakes are added to `mistakes`, by position: somebody may have written a key where its hash belongs.
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
