import DataLoader from 'dataloader';
import { normalize } from '../directory/identifiers.ts';
import type { BatchKey } from '../directory/lookup.ts';
import type { SharedUser, SharedUsers } from '../directory/user-store.ts';
import type { Clock } from '../policies/clock.ts';
import type { LarkUser } from '../upstream/lark-user.ts';
import type { RedisConnection } from './connection.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { NamedTenants } from './named-tenants.ts';
import { decodeKept, encodeKept, type Kept } from './person-codec.ts';
import type { PersonEntries, PersonEntry } from './person-entries.ts';
import { type FetchedValue, MOST_AHEAD_MS, setNewest } from './set-newest.ts';

export interface RedisPeopleOptions {
  connection: RedisConnection;
  entries: PersonEntries;
  tenants: NamedTenants;
  heartbeat: Heartbeat;
  clock: Clock;
  /** How long a person is kept, in milliseconds: beyond their time, for when the user API is in trouble. */
  keepMs: number;
  /** How long "there is no such person" is remembered, in milliseconds. */
  negativeTtlMs: number;
}

export interface RedisPeople extends SharedUsers {
  /** Resolves when all that was learned until now is in Redis, or will not be. Never rejects. */
  written(): Promise<void>;
}

/** One identifier that is looked for. */
interface Wanted {
  readonly subject: BatchKey;
  readonly id: string;
}

interface Learned extends Wanted {
  readonly person: LarkUser | null;
  readonly fetchedAt: number;
}

/** Keys in one command: the look-ups of some large requests, and still a small answer. */
const MOST_AT_ONCE = 1_000;

/**
 * People in Redis, for all gateways. A person is kept under their key; out id and e-mail address lead there, so that everything that
 * is known of a person is in one place. What one turn of the event loop looks for is asked for in one MGET; where that finds
 * aliases, the people whom they lead to in a second.
 */
export function createRedisPeople(options: RedisPeopleOptions): RedisPeople {
  const { connection, entries, tenants, heartbeat, clock, keepMs, negativeTtlMs } = options;
  const loader = new DataLoader<Wanted, SharedUser | undefined>(findAll, {
    cache: false,
    maxBatchSize: MOST_AT_ONCE,
    batchScheduleFn: setImmediate,
  });
  let learned: Learned[] = [];
  let writing: Promise<unknown> = Promise.resolve();

  return {
    keptMs: keepMs,
    async find(subject, ids) {
      if (connection.upSince() === undefined) return new Map();
      const found = await loader.loadMany(ids.map((id) => ({ subject, id })));
      const answers = new Map<string, SharedUser>();
      found.forEach((answer, index) => {
        const id = ids[index];
        if (answer && !(answer instanceof Error) && id !== undefined) answers.set(id, answer);
      });
      return answers;
    },
    set(subject, id, person, fetchedAt) {
      learned.push({ subject, id, person, fetchedAt });
      if (learned.length === 1) setImmediate(writeAll);
    },
    async written() {
      await new Promise((resolve) => void setImmediate(resolve));
      await writing;
    },
  };

  async function findAll(wanted: readonly Wanted[]): Promise<(SharedUser | undefined)[]> {
    try {
      const first = await read(wanted.map(entryOf));
      const leadsTo = new Map<string, PersonEntry>();
      const targets = first.map((kept, index) => {
        if (!kept || !('key' in kept)) return undefined;
        const target = entries.person(kept.key, wanted[index]?.subject.tenantKey);
        leadsTo.set(target.redisKey, target);
        return target.redisKey;
      });
      const redisKeys = [...leadsTo.keys()];
      const second = leadsTo.size === 0 ? [] : await read([...leadsTo.values()]);
      return first.map((kept, index) => {
        const target = targets[index];
        if (target === undefined) return answerOf(kept);
        const person = second[redisKeys.indexOf(target)];
        // The person may have been looked up by key since: whether they are still found by this, that did not tell.
        return answerOf(kept && person && { ...person, fetchedAt: Math.min(kept.fetchedAt, person.fetchedAt) });
      });
    } catch {
      return wanted.map(() => undefined);
    }
  }

  async function read(wanted: readonly PersonEntry[]): Promise<(Kept | undefined)[]> {
    const sealed = await connection.run('cache-read', (client) =>
      client.mgetBuffer(wanted.map(({ redisKey }) => redisKey)),
    );
    return wanted.map(({ open }, index) => {
      const plain = sealed[index] ? open(sealed[index]) : undefined;
      return plain && decodeKept(plain);
    });
  }

  function answerOf(kept: Kept | undefined): SharedUser | undefined {
    const fetchedAt = kept && heartbeat.localTimeAt(kept.fetchedAt);
    if (!kept || !('person' in kept) || fetchedAt === undefined) return undefined;
    if (kept.fetchedAt <= (heartbeat.toldSince() ?? Number.POSITIVE_INFINITY)) return undefined;
    // Written when the clock of the server was ahead: it would be taken for newer than all that comes.
    if (fetchedAt > clock() + MOST_AHEAD_MS) return undefined;
    return { user: kept.person, fetchedAt };
  }

  function entryOf({ subject: { kind, tenantKey }, id }: Wanted): PersonEntry {
    return kind === 'key' ? entries.person(id) : entries.alias(kind, id, tenantKey);
  }

  function writeAll(): void {
    const all = learned;
    learned = [];
    if (connection.upSince() === undefined) return;
    // What is lost here is asked for again.
    const written = keepAll(all).catch(() => {});
    writing = Promise.all([writing, written]).then(() => undefined);
  }

  async function keepAll(all: readonly Learned[]): Promise<void> {
    const values = (await onlyFindable(all)).flatMap(valuesOf);
    for (let first = 0; first < values.length; first += MOST_AT_ONCE) {
      const some = values.slice(first, first + MOST_AT_ONCE);
      await connection.run('cache-write', (client) => setNewest(client, some));
    }
  }

  /** Without people of tenants that are not on the list: nobody would find them there when they are to be forgotten. */
  async function onlyFindable(all: readonly Learned[]): Promise<readonly Learned[]> {
    const named = new Set(all.flatMap(({ person, subject }) => (person ? (subject.tenantKey ?? []) : [])));
    if (named.size === 0) return all;
    const lost = new Set<string>();
    await Promise.all(Array.from(named, (tenantKey) => tenants.add(tenantKey).catch(() => lost.add(tenantKey))));
    return all.filter(({ subject }) => subject.tenantKey === undefined || !lost.has(subject.tenantKey));
  }

  function valuesOf({ subject, id, person, fetchedAt: fetchedHere }: Learned): FetchedValue[] {
    const fetchedAt = heartbeat.serverTimeAt(fetchedHere);
    if (fetchedAt === undefined) return [];
    const fetchedValue = ({ redisKey, seal }: PersonEntry, kept: Kept, ms = keepMs): FetchedValue => ({
      redisKey,
      sealed: seal(encodeKept(kept)),
      fetchedAt,
      keepMs: ms,
    });
    const { kind, tenantKey } = subject;
    if (person === null) {
      // In place of an older user in any case.
      return [fetchedValue(entryOf({ subject, id }), { fetchedAt, person }, Math.max(1, negativeTtlMs))];
    }
    const own = fetchedValue(entries.person(person.key, tenantKey), { fetchedAt, person });
    const aliases = aliasesOf(person, kind, tenantKey);
    return [own, ...aliases.map((alias) => fetchedValue(alias, { fetchedAt, key: person.key }))];
  }

  /** An address is searched in one tenant, and may not be linked: only a look-up by e-mail tells whose it is. */
  function aliasesOf(person: LarkUser, kind: BatchKey['kind'], tenantKey: string | undefined): PersonEntry[] {
    // In a tenant nobody is looked up by out id: it tells whose it is to who has to forget them.
    return [...(['outId'] as const), ...(kind === 'email' ? (['email'] as const) : [])].flatMap((alias) => {
      const value = person[alias];
      return value === null ? [] : [entries.alias(alias, normalize(alias, value), tenantKey)];
    });
  }
}
