import { createIdentifierSet, identifiersOf, type UserIdentifier } from '../directory/identifiers.ts';
import type { RedisConnection } from './connection.ts';
import type { NamedTenants } from './named-tenants.ts';
import { decodeKept, type Kept } from './user-codec.ts';
import type { UserEntries, UserEntry } from './user-entries.ts';

/** Removes users from Redis. */
export interface ForgetUsers {
  /** All identifiers of these users, as far as Redis knows. @throws Error where Redis is away. */
  allIdentifiers(identifiers: readonly UserIdentifier[]): Promise<readonly UserIdentifier[]>;
  /** Removes all entries of these users, for all tenants. @throws Error where not all tenants are known, or Redis is away. */
  remove(identifiers: readonly UserIdentifier[]): Promise<void>;
}

/** One identifier in one tenant; `undefined` for the plugin's own. */
interface Place {
  readonly name: UserIdentifier;
  readonly tenantKey: string | undefined;
}

/** Forgetting may take longer than a lookup. */
const REMOVED_WITHIN_MS = 1_000;
/** Keys in one command. */
const MAX_KEYS = 1_000;

export function createForgetUsers(
  connection: RedisConnection,
  entries: UserEntries,
  tenants: NamedTenants,
): ForgetUsers {
  return {
    async allIdentifiers(requested) {
      const names = createIdentifierSet(requested);
      // The same address in another tenant is another user.
      const places = (await placesOf(requested)).filter(({ name, tenantKey }) => isMeant(name, tenantKey));
      const first = await read(places.map(entryOf));
      const targets = places.map(({ tenantKey }, index) => {
        const kept = first[index];
        return kept && 'key' in kept ? entries.user(kept.key, tenantKey) : undefined;
      });
      const second = await read(targets.filter((entry) => entry !== undefined));
      for (const [index, { tenantKey }] of places.entries()) {
        const kept = targets[index] ? second.shift() : first[index];
        if (!kept || !('user' in kept) || !kept.user) continue;
        for (const known of identifiersOf(kept.user, tenantKey)) names.add(known);
      }
      return names.all;
    },
    async remove(names) {
      const redisKeys = (await placesOf(names)).map((place) => entryOf(place).redisKey);
      for (const some of chunks(redisKeys))
        await connection.run('forget', (client) => client.del(some), REMOVED_WITHIN_MS);
    },
  };

  async function placesOf(names: readonly UserIdentifier[]): Promise<Place[]> {
    const everywhere = [undefined, ...(await tenants.all())];
    return names.flatMap((name) => everywhere.map((tenantKey) => ({ name, tenantKey })));
  }

  function entryOf({ name: { kind, identifier }, tenantKey }: Place): UserEntry {
    return kind === 'key' ? entries.user(identifier, tenantKey) : entries.alias(kind, identifier, tenantKey);
  }

  async function read(wanted: readonly UserEntry[]): Promise<(Kept | undefined)[]> {
    const found: (Kept | undefined)[] = [];
    for (const some of chunks(wanted)) {
      const keys = some.map(({ redisKey }) => redisKey);
      const encrypted = await connection.run('forget', (client) => client.mgetBuffer(keys), REMOVED_WITHIN_MS);
      for (const [index, { decrypt }] of some.entries()) {
        const plain = encrypted[index] ? decrypt(encrypted[index]) : undefined;
        found.push(plain && decodeKept(plain));
      }
    }
    return found;
  }
}

const isMeant = (name: UserIdentifier, tenantKey: string | undefined) =>
  name.tenantKey === undefined || tenantKey === undefined || tenantKey === name.tenantKey;

const chunks = <Item>(all: readonly Item[]): Item[][] =>
  Array.from({ length: Math.ceil(all.length / MAX_KEYS) }, (_, part) =>
    all.slice(part * MAX_KEYS, (part + 1) * MAX_KEYS),
  );
