import type { LookupKind } from '../upstream/user-query.ts';
import type { KeyNames } from './key-names.ts';
import type { Seal, SealedEntry } from './seal.ts';

/** One thing that is kept of a person, with the key it is kept under. */
export interface PersonEntry extends SealedEntry {
  readonly redisKey: string;
}

/** Where people are kept in Redis. */
export interface PersonEntries {
  /** The person of a user key, as seen from a tenant that was named; `undefined` for the plugin's own. */
  person(key: string, tenantKey?: string): PersonEntry;
  /** What an out id or an e-mail address leads to. @param id in its comparable form. */
  alias(kind: Exclude<LookupKind, 'key'>, id: string, tenantKey?: string): PersonEntry;
  /** The list of what is kept for tenants that were named of whoever goes by this: nothing else tells which these are. */
  tenants(kind: LookupKind, id: string): PersonEntry;
}

export function createPersonEntries(seal: Seal, keys: KeyNames): PersonEntries {
  const entryOf = (...parts: string[]): PersonEntry => {
    const entry = seal(parts.join('\n'));
    return { ...entry, redisKey: keys.person(entry.name) };
  };
  return {
    person: (key, tenantKey) => entryOf('person', tenantKey ?? '', key),
    alias: (kind, id, tenantKey) => entryOf(kind, tenantKey ?? '', id),
    tenants: (kind, id) => entryOf('tenants', kind, id),
  };
}
