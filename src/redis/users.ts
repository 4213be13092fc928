import DataLoader from 'dataloader';
import { normalize } from '../directory/identifiers.ts';
import type { BatchKey } from '../directory/lookup.ts';
import type { SharedUser, SharedUsers } from '../directory/user-store.ts';
import type { Clock } from '../policies/clock.ts';
import type { LarkUser } from '../upstream/lark-user.ts';
import type { RedisConnection } from './connection.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { NamedTenants } from './named-tenants.ts';
import { type FetchedValue, MAX_AHEAD_MS, setNewest } from './set-newest.ts';
import { decodeKept, encodeKept, type Kept } from './user-codec.ts';
import type { UserEntries, UserEntry } from './user-entries.ts';

export interface RedisUsersOptions {
  connection: RedisConnection;
  entries: UserEntries;
  tenants: NamedTenants;
  heartbeat: Heartbeat;
  clock: Clock;
  /** How long a user is kept, in milliseconds: TTL and stale time. */
  keepMs: number;
  /** TTL of "not found", in milliseconds. */
  negativeTtlMs: number;
}

export interface RedisUsers extends SharedUsers {
  /** Resolves when all earlier writes have succeeded or failed. Never rejects. */
  written(): Promise<void>;
}

/** One identifier to read. */
interface Wanted {
  readonly batchKey: BatchKey;
  readonly id: string;
}

interface Fetched extends Wanted {
  readonly user: LarkUser | null;
  readonly fetchedAt: number;
}

/** Keys in one command: the lookups of some large requests, and still a small reply. */
const MAX_KEYS = 1_000;

/**
 * The second-level cache of all gateways. A user is stored under its key; out id and e-mail address are aliases of the key, so that each
 * user has one entry. The lookups of one turn of the event loop share one MGET; the users of aliases are read in a second one.
 */
export function createRedisUsers(options: RedisUsersOptions): RedisUsers {
  const { connection, entries, tenants, heartbeat, clock, keepMs, negativeTtlMs } = options;
  const loader = new DataLoader<Wanted, SharedUser | undefined>(findAll, {
    cache: false,
    maxBatchSize: MAX_KEYS,
    batchScheduleFn: setImmediate,
  });
  let fetched: Fetched[] = [];
  let writing: Promise<unknown> = Promise.resolve();

  return {
    keptMs: keepMs,
    async find(batchKey, ids) {
      if (connection.upSince() === undefined) return new Map();
      const found = await loader.loadMany(ids.map((id) => ({ batchKey, id })));
      const results = new Map<string, SharedUser>();
      found.forEach((result, index) => {
        const id = ids[index];
        if (result && !(result instanceof Error) && id !== undefined) results.set(id, result);
      });
      return results;
    },
    set(batchKey, id, user, fetchedAt) {
      fetched.push({ batchKey, id, user, fetchedAt });
      if (fetched.length === 1) setImmediate(writeAll);
    },
    async written() {
      await new Promise((resolve) => void setImmediate(resolve));
      await writing;
    },
  };

  async function findAll(wanted: readonly Wanted[]): Promise<(SharedUser | undefined)[]> {
    try {
      const first = await read(wanted.map(entryOf));
      const aliased = new Map<string, UserEntry>();
      const targets = first.map((kept, index) => {
        if (!kept || !('key' in kept)) return undefined;
        const target = entries.user(kept.key, wanted[index]?.batchKey.tenantKey);
        aliased.set(target.redisKey, target);
        return target.redisKey;
      });
      const redisKeys = [...aliased.keys()];
      const second = aliased.size === 0 ? [] : await read([...aliased.values()]);
      return first.map((kept, index) => {
        const target = targets[index];
        if (target === undefined) return resultOf(kept);
        const user = second[redisKeys.indexOf(target)];
        // The user may have been looked up by key since, which does not show that the alias still is the user's.
        return resultOf(kept && user && { ...user, fetchedAt: Math.min(kept.fetchedAt, user.fetchedAt) });
      });
    } catch {
      return wanted.map(() => undefined);
    }
  }

  async function read(wanted: readonly UserEntry[]): Promise<(Kept | undefined)[]> {
    const encrypted = await connection.run('cache-read', (client) =>
      client.mgetBuffer(wanted.map(({ redisKey }) => redisKey)),
    );
    return wanted.map(({ decrypt }, index) => {
      const plain = encrypted[index] ? decrypt(encrypted[index]) : undefined;
      return plain && decodeKept(plain);
    });
  }

  function resultOf(kept: Kept | undefined): SharedUser | undefined {
    const fetchedAt = kept && heartbeat.localTimeAt(kept.fetchedAt);
    if (!kept || !('user' in kept) || fetchedAt === undefined) return undefined;
    if (kept.fetchedAt <= (heartbeat.completeSince() ?? Number.POSITIVE_INFINITY)) return undefined;
    // Written while the clock of the server was ahead: it would count as newer than all later results.
    if (fetchedAt > clock() + MAX_AHEAD_MS) return undefined;
    return { user: kept.user, fetchedAt };
  }

  function entryOf({ batchKey: { kind, tenantKey }, id }: Wanted): UserEntry {
    return kind === 'key' ? entries.user(id) : entries.alias(kind, id, tenantKey);
  }

  function writeAll(): void {
    const all = fetched;
    fetched = [];
    if (connection.upSince() === undefined) return;
    // What is lost here is looked up again.
    const written = writeUsers(all).catch(() => {});
    writing = Promise.all([writing, written]).then(() => undefined);
  }

  async function writeUsers(all: readonly Fetched[]): Promise<void> {
    const values = (await onlyFindable(all)).flatMap(valuesOf);
    for (let first = 0; first < values.length; first += MAX_KEYS) {
      const some = values.slice(first, first + MAX_KEYS);
      await connection.run('cache-write', (client) => setNewest(client, some));
    }
  }

  /** Leaves out users of tenants that are not on the list: they could not be found when they are to be forgotten. */
  async function onlyFindable(all: readonly Fetched[]): Promise<readonly Fetched[]> {
    const named = new Set(all.flatMap(({ user, batchKey }) => (user ? (batchKey.tenantKey ?? []) : [])));
    if (named.size === 0) return all;
    const lost = new Set<string>();
    await Promise.all(Array.from(named, (tenantKey) => tenants.add(tenantKey).catch(() => lost.add(tenantKey))));
    return all.filter(({ batchKey }) => batchKey.tenantKey === undefined || !lost.has(batchKey.tenantKey));
  }

  function valuesOf({ batchKey, id, user, fetchedAt: fetchedHere }: Fetched): FetchedValue[] {
    const fetchedAt = heartbeat.serverTimeAt(fetchedHere);
    if (fetchedAt === undefined) return [];
    const fetchedValue = ({ redisKey, encrypt }: UserEntry, kept: Kept, ms = keepMs): FetchedValue => ({
      redisKey,
      encrypted: encrypt(encodeKept(kept)),
      fetchedAt,
      keepMs: ms,
    });
    const { kind, tenantKey } = batchKey;
    if (user === null) {
      // Replaces an older user in any case.
      return [fetchedValue(entryOf({ batchKey, id }), { fetchedAt, user }, Math.max(1, negativeTtlMs))];
    }
    const own = fetchedValue(entries.user(user.key, tenantKey), { fetchedAt, user });
    const aliases = aliasesOf(user, kind, tenantKey);
    return [own, ...aliases.map((alias) => fetchedValue(alias, { fetchedAt, key: user.key }))];
  }

  /** An address is searched in one tenant, and may not be linked: only a lookup by e-mail shows whose it is. */
  function aliasesOf(user: LarkUser, kind: BatchKey['kind'], tenantKey: string | undefined): UserEntry[] {
    // No lookup by out id is made in a tenant: there it finds the user to be forgotten.
    return [...(['outId'] as const), ...(kind === 'email' ? (['email'] as const) : [])].flatMap((alias) => {
      const value = user[alias];
      return value === null ? [] : [entries.alias(alias, normalize(alias, value), tenantKey)];
    });
  }
}
