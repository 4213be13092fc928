import type { GatewayError } from '../errors.ts';
import { byKind, LOOKUP_KINDS, type LookupKind } from '../lookup-kinds.ts';
import type { Clock } from '../policies/clock.ts';
import type { LarkUser } from '../upstream/lark-user.ts';
import {
  createIdentifierSet,
  type IdentifierSet,
  identifiersOf,
  normalize,
  type UserIdentifier,
} from './identifiers.ts';
import type { BatchKey } from './lookup.ts';
import { NegativeCache } from './negative-cache.ts';

export interface UserCacheOptions {
  /** How long a cached user is fresh, in milliseconds; 0 switches the cache off. @default 60000 */
  ttlMs?: number | undefined;
  /** How long "not found" is cached, in milliseconds; 0 for not at all. @default 5000 */
  negativeTtlMs?: number | undefined;
  /** How long after that a stale copy is kept, in milliseconds, for upstream failures. @default 3600000 */
  staleMs?: number | undefined;
  /** Users that are cached, at most. @default 50000 */
  maxEntries?: number | undefined;
}

export interface CacheHit {
  readonly user: LarkUser | null;
  /** Set where the user API rejects this identifier: no user, but why. */
  readonly error?: GatewayError | undefined;
  /** Set once for a hot user that is about to expire: when that is. Worth refreshing ahead. */
  readonly refreshUntil?: number;
}

/** One user, as seen by one identity in one tenant. Times are whole milliseconds, which take no object of their own. */
interface Entry {
  readonly batchKey: BatchKey;
  user: LarkUser;
  /** When the call left that returned the row. Key and out id are as fresh as it is. */
  fetchedAt: number;
  /** When the call left that found the user by its address. A row shows an address by which the user may not be found any more. */
  emailFetchedAt: number;
  /** Addresses that were the user's own before. Kept for `forget` only. */
  formerEmails: readonly string[] | undefined;
  /** Hits since it was fetched. */
  hits: number;
  /** A hit since the last pass of the eviction. */
  wasUsed: boolean;
  isRefreshing: boolean;
  isEmailRefreshing: boolean;
}

/** Hits since it was fetched that make a user hot. */
const HOT_HITS = 2;
/** Share of the TTL after which hot users are refreshed. */
const REFRESH_AFTER = 0.8;
const NEVER = -(2 ** 30);

/**
 * One entry for a user, found by key, out id and e-mail. The maps hold an identifier only while it is the user's own: an address can
 * change hands.
 *
 * A lookup by any identifier returns key and out id, which are unique over all tenants. Only a lookup by e-mail shows that the user is
 * found by the address: a row does not show its tenant, and an address may not be linked. What was found in a named tenant, or with a
 * caller's own token, is kept apart by its prefix.
 *
 * Eviction is CLOCK (second chance): in the order of insertion, passing over entries that had a hit since the last pass.
 */
export class UserCache {
  readonly #ttlMs: number;
  readonly #staleMs: number;
  readonly #maxEntries: number;
  readonly #clock: Clock;
  readonly #maps = byKind(() => new Map<string, Entry>());
  #hand = this.#maps.key.values();
  readonly #negative: NegativeCache;

  constructor(options: UserCacheOptions, clock: Clock) {
    this.#ttlMs = options.ttlMs ?? 60_000;
    this.#staleMs = options.staleMs ?? 3_600_000;
    this.#maxEntries = options.maxEntries ?? 50_000;
    this.#clock = clock;
    this.#negative = new NegativeCache(options.negativeTtlMs ?? 5_000, clock);
  }

  /** Users that are cached, stale copies included. */
  get size(): number {
    return this.#maps.key.size;
  }

  /** @param now on the clock of the cache: one reading is enough for a list. */
  get(batchKey: BatchKey, id: string, now = this.#clock()): CacheHit | undefined {
    const { kind, cachePrefix } = batchKey;
    const entry = this.#maps[kind].get(cachePrefix === '' ? id : cachePrefix + id);
    if (entry) {
      const expiresAt = (kind === 'email' ? entry.emailFetchedAt : entry.fetchedAt) + this.#ttlMs;
      if (now < expiresAt) {
        entry.wasUsed = true;
        const isDue = ++entry.hits >= HOT_HITS && this.#isDue(entry, batchKey, now);
        return isDue ? { user: entry.user, refreshUntil: expiresAt } : entry;
      }
    }
    return this.#negative.get(batchKey, id, now);
  }

  /** Where the user API is known to reject this identifier. */
  getInvalid(batchKey: BatchKey, id: string, now = this.#clock()): CacheHit | undefined {
    const hit = this.#negative.get(batchKey, id, now);
    return hit?.error && hit;
  }

  /** True where this user is still fresh at that time. */
  isFreshAt(batchKey: BatchKey, id: string, at: number): boolean {
    const { kind, cachePrefix } = batchKey;
    const entry = this.#maps[kind].get(cachePrefix + id);
    return entry !== undefined && at < fetchedAtOf(entry, kind) + this.#ttlMs;
  }

  /** A copy for upstream failures, fresh or stale. Never "not found". */
  getStale(batchKey: BatchKey, id: string): LarkUser | undefined {
    const { kind, cachePrefix } = batchKey;
    const entry = this.#maps[kind].get(cachePrefix + id);
    if (!entry) return undefined;
    return this.#clock() < fetchedAtOf(entry, kind) + this.#ttlMs + this.#staleMs ? entry.user : undefined;
  }

  /** Caches what a call returned for an identifier. The newest fetch wins, whichever response comes last. @param fetchedAt when the call left. */
  set(batchKey: BatchKey, id: string, user: LarkUser | null, fetchedAt: number): void {
    if (this.#ttlMs <= 0) return;
    const at = Math.floor(fetchedAt);
    if (!user) {
      this.#setNotFound(batchKey, id, at);
      return;
    }
    const key = batchKey.cachePrefix + normalize('key', user.key);
    let entry = this.#maps.key.get(key);
    if (!entry) {
      if (this.#maps.key.size >= this.#maxEntries) this.#evict();
      entry = createEntry(batchKey, user, at);
      this.#maps.key.set(key, entry);
    } else if (entry.fetchedAt <= at) this.#update(entry, user, at);
    const { outId } = entry.user;
    const hasNegative = this.#negative.size > 0;
    if (hasNegative) this.#negative.supersede(batchKey, 'key', user.key, at);
    if (outId !== null && (!hasNegative || this.#negative.supersede(batchKey, 'outId', outId, at))) {
      this.#maps.outId.set(batchKey.cachePrefix + normalize('outId', outId), entry);
    }
    if (batchKey.kind === 'email') this.#setEmail(batchKey, entry, user, at);
  }

  /** The user API denies access to this identifier: what was fetched before finds the user no more. @param sentAt when the call left. */
  deny({ kind, cachePrefix }: BatchKey, id: string, sentAt: number): void {
    const entry = this.#maps[kind].get(cachePrefix + id);
    if (entry && fetchedAtOf(entry, kind) <= sentAt) this.#unlink(entry, kind, cachePrefix + id);
  }

  setInvalid(batchKey: BatchKey, id: string, error: GatewayError): void {
    this.#negative.setInvalid(batchKey, id, error);
  }

  /**
   * Removes the user of these identifiers, for all identities and tenants, stale copies and negative entries included. What one entry
   * shows leads to the next: users who share an address with the user, or had it before, are removed as well. To remove one too many costs
   * a lookup, to miss one would break a promise. Reads the whole cache, a tenth of a second where it is full: an index would cost every
   * lookup something.
   * @returns all identifiers of the user, the given ones included, and how many entries were removed.
   */
  forget(given: readonly UserIdentifier[]): {
    readonly identifiers: readonly UserIdentifier[];
    readonly removed: number;
  } {
    const identifiers = createIdentifierSet(given);
    const found = new Set<Entry>();
    let before: number;
    do {
      before = found.size;
      for (const entry of this.#maps.key.values()) {
        if (found.has(entry) || !isMeant(entry, identifiers)) continue;
        found.add(entry);
        for (const identifier of allIdentifiersOf(entry)) identifiers.add(identifier);
      }
    } while (found.size > before);
    for (const entry of found) this.#remove(entry);
    return { identifiers: identifiers.all, removed: found.size + this.#negative.forget(identifiers) };
  }

  clear(): void {
    for (const map of Object.values(this.#maps)) map.clear();
    this.#negative.clear();
  }

  #isDue(entry: Entry, { kind, tenantKey }: BatchKey, now: number): boolean {
    if (tenantKey !== undefined || now < fetchedAtOf(entry, kind) + this.#ttlMs * REFRESH_AFTER) return false;
    const isFirst = kind === 'email' ? !entry.isEmailRefreshing : !entry.isRefreshing;
    if (kind === 'email') entry.isEmailRefreshing = true;
    else entry.isRefreshing = true;
    return isFirst;
  }

  #update(entry: Entry, user: LarkUser, at: number): void {
    const { outId, email } = entry.user;
    const prefix = entry.batchKey.cachePrefix;
    if (outId !== null && outId !== user.outId) deleteIf(this.#maps.outId, prefix + normalize('outId', outId), entry);
    const formerEmail = email === null ? undefined : normalize('email', email);
    if (formerEmail !== undefined && !isOwn(user, 'email', formerEmail)) {
      if (entry.emailFetchedAt !== NEVER) entry.formerEmails = [...(entry.formerEmails ?? []), formerEmail];
      entry.emailFetchedAt = NEVER;
      deleteIf(this.#maps.email, prefix + formerEmail, entry);
    }
    entry.user = user;
    entry.fetchedAt = at;
    entry.hits = 0;
    entry.isRefreshing = false;
  }

  #setEmail(batchKey: BatchKey, entry: Entry, { email }: LarkUser, at: number): void {
    const id = email === null ? undefined : normalize('email', email);
    // A newer row may show another address by now.
    if (id === undefined || !isOwn(entry.user, 'email', id)) return;
    if (this.#negative.size > 0 && !this.#negative.supersede(batchKey, 'email', id, at)) return;
    const key = batchKey.cachePrefix + id;
    const known = this.#maps.email.get(key);
    if (known && known !== entry && known.emailFetchedAt > at) return;
    this.#maps.email.set(key, entry);
    if (entry.emailFetchedAt > at) return;
    entry.emailFetchedAt = at;
    entry.isEmailRefreshing = false;
  }

  #setNotFound(batchKey: BatchKey, id: string, at: number): void {
    const { kind, cachePrefix } = batchKey;
    const entry = this.#maps[kind].get(cachePrefix + id);
    if (entry && fetchedAtOf(entry, kind) > at) return;
    if (entry) this.#unlink(entry, kind, cachePrefix + id);
    this.#negative.setNotFound(batchKey, id, at);
  }

  /** A user that is not found by its key is found by no other identifier either. */
  #unlink(entry: Entry, kind: LookupKind, key: string): void {
    if (kind === 'key') this.#remove(entry);
    else this.#maps[kind].delete(key);
  }

  #evict(): void {
    for (;;) {
      const { value: entry, done } = this.#hand.next();
      if (done) {
        this.#hand = this.#maps.key.values();
      } else if (entry.wasUsed) {
        entry.wasUsed = false;
      } else {
        this.#remove(entry);
        return;
      }
    }
  }

  #remove(entry: Entry): void {
    const { batchKey, user } = entry;
    const prefix = batchKey.cachePrefix;
    for (const kind of LOOKUP_KINDS) {
      const value = user[kind];
      if (value !== null) deleteIf(this.#maps[kind], prefix + normalize(kind, value), entry);
    }
  }
}

const createEntry = (batchKey: BatchKey, user: LarkUser, fetchedAt: number): Entry => ({
  batchKey,
  user,
  fetchedAt,
  emailFetchedAt: NEVER,
  formerEmails: undefined,
  hits: 0,
  wasUsed: false,
  isRefreshing: false,
  isEmailRefreshing: false,
});

const fetchedAtOf = (entry: Entry, kind: LookupKind): number =>
  kind === 'email' ? entry.emailFetchedAt : entry.fetchedAt;

function isOwn(user: LarkUser, kind: LookupKind, id: string): boolean {
  const value = user[kind];
  return value !== null && (value === id || normalize(kind, value) === id);
}

function deleteIf(map: Map<string, Entry>, key: string, entry: Entry): void {
  if (map.get(key) === entry) map.delete(key);
}

function allIdentifiersOf({ batchKey, user, formerEmails = [] }: Entry): UserIdentifier[] {
  const { tenantKey } = batchKey;
  return [
    ...identifiersOf(user, tenantKey),
    ...formerEmails.map((identifier): UserIdentifier => ({ kind: 'email', identifier, tenantKey })),
  ];
}

function isMeant(entry: Entry, identifiers: IdentifierSet): boolean {
  const { user, formerEmails } = entry;
  // Nearly all are of other users, so what takes long comes last.
  const mayBe =
    formerEmails !== undefined || LOOKUP_KINDS.some((kind) => identifiers.has(kind, normalize(kind, user[kind] ?? '')));
  return mayBe && allIdentifiersOf(entry).some((one) => identifiers.means(one, one.identifier));
}
