import type { LookupKind } from '../upstream/user-query.ts';
import type { KeyNames } from './key-names.ts';
import type { NamedTenants } from './named-tenants.ts';
import type { Seal, SealedEntry } from './seal.ts';
import { FETCHED_AT_BYTES } from './set-newest.ts';

/** One thing that is kept of a person, with the key it is kept under. */
export interface PersonEntry extends SealedEntry {
  readonly redisKey: string;
}

/** Where people are kept in Redis. */
export interface PersonEntries {
  /** The person of a user key, as seen from a tenant that was named; `undefined` for the plugin's own. */
  person(key: string, tenantKey?: string): PersonEntry;
  /** What an out id or an e-mail address leads to. @param id in its normalize form. */
  alias(kind: Exclude<LookupKind, 'key'>, id: string, tenantKey?: string): PersonEntry;
}

export function createPersonEntries(seal: Seal, keys: KeyNames, tenants: Pick<NamedTenants, 'mark'>): PersonEntries {
  const entryOf = (...parts: string[]): PersonEntry => {
    const entry = seal(parts.join('\n'));
    return {
      ...entry,
      open: (kept) => entry.open(kept.subarray(FETCHED_AT_BYTES)),
      redisKey: keys.person(entry.name),
    };
  };
  const placeOf = (tenantKey?: string) => (tenantKey === undefined ? [''] : [tenants.mark() ?? '-', tenantKey]);
  return {
    person: (key, tenantKey) => entryOf('person', ...placeOf(tenantKey), key),
    alias: (kind, id, tenantKey) => entryOf(kind, ...placeOf(tenantKey), id),
  };
}
