import { createIdentifierSet, identifiersOf, type UserIdentifier } from '../directory/identifiers.ts';
import type { RedisConnection } from './connection.ts';
import type { NamedTenants } from './named-tenants.ts';
import { decodeKept, type Kept } from './person-codec.ts';
import type { PersonEntries, PersonEntry } from './person-entries.ts';

/** Removes people from Redis. */
export interface ForgetPeople {
  /** All that these people go by, as far as Redis knows. @throws Error where Redis is away. */
  allNames(names: readonly UserIdentifier[]): Promise<readonly UserIdentifier[]>;
  /** Removes what is kept of them, for whatever tenant. @throws Error where not all of that is known, or Redis is away. */
  remove(names: readonly UserIdentifier[]): Promise<void>;
}

/** One of these names in one tenant; `undefined` for the plugin's own. */
interface Place {
  readonly name: UserIdentifier;
  readonly tenantKey: string | undefined;
}

/** Whoever is to be forgotten is worth more patience than a look-up. */
const REMOVED_WITHIN_MS = 1_000;
/** Keys in one command. */
const MOST_AT_ONCE = 1_000;

export function createForgetPeople(
  connection: RedisConnection,
  entries: PersonEntries,
  tenants: NamedTenants,
): ForgetPeople {
  return {
    async allNames(asked) {
      const names = createIdentifierSet(asked);
      // Whoever has this address in another tenant than the one that is named is somebody else.
      const places = (await placesOf(asked)).filter(({ name, tenantKey }) => isMeant(name, tenantKey));
      const first = await read(places.map(entryOf));
      const leadsTo = places.map(({ tenantKey }, index) => {
        const kept = first[index];
        return kept && 'key' in kept ? entries.person(kept.key, tenantKey) : undefined;
      });
      const second = await read(leadsTo.filter((entry) => entry !== undefined));
      for (const [index, { tenantKey }] of places.entries()) {
        const kept = leadsTo[index] ? second.shift() : first[index];
        if (!kept || !('person' in kept) || !kept.person) continue;
        for (const known of identifiersOf(kept.person, tenantKey)) names.add(known);
      }
      return names.all;
    },
    async remove(names) {
      const doomed = (await placesOf(names)).map((place) => entryOf(place).redisKey);
      for (const some of inParts(doomed))
        await connection.run('forget', (client) => client.del(some), REMOVED_WITHIN_MS);
    },
  };

  async function placesOf(names: readonly UserIdentifier[]): Promise<Place[]> {
    const everywhere = [undefined, ...(await tenants.all())];
    return names.flatMap((name) => everywhere.map((tenantKey) => ({ name, tenantKey })));
  }

  function entryOf({ name: { kind, identifier }, tenantKey }: Place): PersonEntry {
    return kind === 'key' ? entries.person(identifier, tenantKey) : entries.alias(kind, identifier, tenantKey);
  }

  async function read(wanted: readonly PersonEntry[]): Promise<(Kept | undefined)[]> {
    const found: (Kept | undefined)[] = [];
    for (const some of inParts(wanted)) {
      const keys = some.map(({ redisKey }) => redisKey);
      const sealed = await connection.run('forget', (client) => client.mgetBuffer(keys), REMOVED_WITHIN_MS);
      for (const [index, { open }] of some.entries()) {
        const plain = sealed[index] ? open(sealed[index]) : undefined;
        found.push(plain && decodeKept(plain));
      }
    }
    return found;
  }
}

const isMeant = (name: UserIdentifier, tenantKey: string | undefined) =>
  name.tenantKey === undefined || tenantKey === undefined || tenantKey === name.tenantKey;

const inParts = <Item>(all: readonly Item[]): Item[][] =>
  Array.from({ length: Math.ceil(all.length / MOST_AT_ONCE) }, (_, part) =>
    all.slice(part * MOST_AT_ONCE, (part + 1) * MOST_AT_ONCE),
  );
