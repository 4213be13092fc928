import { createNameSet, namesOf, type PersonName } from '../directory/person-name.ts';
import type { RedisConnection } from './connection.ts';
import { decodeKept } from './person-codec.ts';
import type { PersonEntries, PersonEntry } from './person-entries.ts';

/** Removes people from Redis. */
export interface ForgetPeople {
  /** All that these people go by, as far as Redis knows. @throws Error where Redis is away. */
  allNames(names: readonly PersonName[]): Promise<readonly PersonName[]>;
  /** Removes what is kept of them, for whatever tenant. @throws Error where Redis is away. */
  remove(names: readonly PersonName[]): Promise<void>;
}

export function createForgetPeople(connection: RedisConnection, entries: PersonEntries): ForgetPeople {
  return {
    async allNames(asked) {
      const names = createNameSet(asked);
      for (const name of asked) {
        const kept = await read(entryOf(name));
        const person = kept && 'key' in kept ? await read(entries.person(kept.key, name.tenantKey)) : kept;
        if (!person || !('person' in person) || !person.person) continue;
        for (const known of namesOf(person.person, name.tenantKey)) names.add(known);
      }
      return names.names;
    },
    async remove(names) {
      const lists = names.map(({ kind, identifier }) => entries.tenants(kind, identifier).redisKey);
      const ofTenants = await Promise.all(
        lists.map((list) => connection.run('forget', (client) => client.smembers(list))),
      );
      const doomed = [...names.map((name) => entryOf(name).redisKey), ...lists, ...ofTenants.flat()];
      await connection.run('forget', (client) => client.del(doomed));
    },
  };

  function entryOf({ kind, identifier, tenantKey }: PersonName): PersonEntry {
    return kind === 'key' ? entries.person(identifier) : entries.alias(kind, identifier, tenantKey);
  }

  async function read({ redisKey, open }: PersonEntry) {
    const sealed = await connection.run('forget', (client) => client.getBuffer(redisKey));
    const plain = sealed ? open(sealed) : undefined;
    return plain && decodeKept(plain);
  }
}
