import type { LookupKind } from '../lookup-kinds.ts';
import type { EncryptedEntry, Encryption } from './encryption.ts';
import type { KeyNames } from './key-names.ts';
import type { NamedTenants } from './named-tenants.ts';
import { FETCHED_AT_BYTES } from './set-newest.ts';

/** One entry of a user, with its key in Redis. */
export interface UserEntry extends EncryptedEntry {
  readonly redisKey: string;
}

/** The entries of users in Redis. */
export interface UserEntries {
  /** The user of a key, as seen from a named tenant; `undefined` for the plugin's own. */
  user(key: string, tenantKey?: string): UserEntry;
  /** The alias of an out id or an e-mail address. @param id normalized. */
  alias(kind: Exclude<LookupKind, 'key'>, id: string, tenantKey?: string): UserEntry;
}

export function createUserEntries(
  encryptedEntry: Encryption,
  keys: KeyNames,
  tenants: Pick<NamedTenants, 'mark'>,
): UserEntries {
  const entryOf = (...parts: string[]): UserEntry => {
    const entry = encryptedEntry(parts.join('\n'));
    return {
      ...entry,
      decrypt: (kept) => entry.decrypt(kept.subarray(FETCHED_AT_BYTES)),
      redisKey: keys.user(entry.name),
    };
  };
  const placeOf = (tenantKey?: string) => (tenantKey === undefined ? [''] : [tenants.mark() ?? '-', tenantKey]);
  return {
    user: (key, tenantKey) => entryOf('person', ...placeOf(tenantKey), key),
    alias: (kind, id, tenantKey) => entryOf(kind, ...placeOf(tenantKey), id),
  };
}
