import { LRUCache } from 'lru-cache';
import { type Clock, monotonicClock } from '../policies/clock.ts';
import type { Person } from '../upstream/person.ts';
import { toPlainPerson } from '../upstream/rows/row-person.ts';
import type { LookupKind } from '../upstream/user-query.ts';
import { type Alias, findTraces } from './find-traces.ts';
import { comparable, identifierOf } from './identifier.ts';
import { lookUpKey, ownLookUpKey, type Subject } from './look-up.ts';
import { ownText } from './own-text.ts';
import { EVERY_KIND, type PersonName } from './person-name.ts';

export interface PersonCacheOptions {
  /** How long a person is served from memory, in milliseconds; 0 switches the cache off. @default 60000 */
  ttlMs?: number | undefined;
  /** How long "there is no such person" is remembered, in milliseconds; 0 for not at all. @default 5000 */
  negativeTtlMs?: number | undefined;
  /** How long a person is kept beyond their time, in milliseconds, for when the user API is in trouble. @default 3600000 */
  staleMs?: number | undefined;
  /** People kept at most; the longest unused go first. @default 50000 */
  maxEntries?: number | undefined;
  /** @default the process' monotonic clock */
  clock?: Clock | undefined;
}

export interface CacheHit {
  readonly person: Person | null;
  /** Set once for a popular person close to the end of the time of this identifier, which it tells: worth asking for ahead. */
  readonly refreshUntil?: number;
}

export interface PersonCache {
  get(subject: Subject, id: string): CacheHit | undefined;
  /** True where this person is still to be served at that moment. */
  isFreshAt(subject: Subject, id: string, at: number): boolean;
  /** A person whose time is over, but not for long. Never "there is no such person". */
  getStale(subject: Subject, id: string): Person | undefined;
  /**
   * Remembers what a call told. The newest fetch wins, whichever answer arrives last.
   * @param fetchedAt when the call left.
   */
  learn(subject: Subject, id: string, person: Person | null, fetchedAt: number): void;
  /** The user API denies this identifier: what was fetched before is not served any more. @param askedAt when the call left. */
  deny(subject: Subject, id: string, askedAt: number): void;
  /**
   * Removes whoever goes by one of these names, also beyond their time, under all aliases, of all identities and tenants; and
   * "there is no such person" of what they go by.
   * @returns all that they go by here, what was asked included, and how much was removed: people and nobodies alike, so that it does
   *   not tell which.
   */
  forget(names: readonly PersonName[]): { readonly names: readonly PersonName[]; readonly removed: number };
  /** Removes everybody. */
  clear(): void;
  readonly size: number;
}

interface Entry {
  readonly person: Person;
  readonly fetchedAt: number;
  /** Times served in this life. */
  hits: number;
}

/** Asked for this often in one life, a person is popular. */
const POPULAR_HITS = 2;
/** The part of their time after which popular people are refreshed. */
const REFRESH_AFTER = 0.8;

/**
 * People by key, out id and e-mail. An entry belongs to a person; identifiers are aliases that are served only while the
 * person's own field still equals them, since an e-mail address can change hands.
 *
 * Key and out id tell people of all tenants apart, so a look-up by any identifier fills these two. An e-mail address is
 * searched in one tenant, a row does not tell its tenant, and an address may not be linked: so only a look-up by e-mail fills
 * the address, and renews its time: a row can show an address by which nobody is found any more. A person found in a named tenant is
 * kept under that tenant and address only.
 */
export function createPersonCache(options: PersonCacheOptions = {}): PersonCache {
  const { ttlMs = 60_000, negativeTtlMs = 5_000, staleMs = 3_600_000, maxEntries = 50_000 } = options;
  const clock = options.clock ?? monotonicClock;
  const entries = createLru<Entry>(maxEntries);
  const aliases = createLru<Alias>(4 * maxEntries);

  return {
    get size() {
      return entries.size;
    },
    get(subject, id) {
      if (ttlMs <= 0) return undefined;
      const alias = aliases.get(lookUpKey(subject, id));
      if (!alias) return undefined;
      const now = clock();
      if ('nobodySince' in alias) {
        return !alias.isDenied && now < alias.nobodySince + negativeTtlMs ? { person: null } : undefined;
      }
      const entry = entries.get(alias.entryKey);
      if (!entry || now >= alias.fetchedAt + ttlMs || !isCalled(entry.person, subject.kind, id)) return undefined;
      entry.hits++;
      const isDue =
        !alias.isRefreshing &&
        subject.tenantKey === undefined &&
        entry.hits >= POPULAR_HITS &&
        now >= alias.fetchedAt + ttlMs * REFRESH_AFTER;
      if (!isDue) return { person: entry.person };
      alias.isRefreshing = true;
      return { person: entry.person, refreshUntil: alias.fetchedAt + ttlMs };
    },
    isFreshAt(subject, id, at) {
      const alias = aliases.peek(lookUpKey(subject, id));
      return alias !== undefined && 'entryKey' in alias && entries.has(alias.entryKey) && at < alias.fetchedAt + ttlMs;
    },
    getStale(subject, id) {
      if (ttlMs <= 0) return undefined;
      const alias = aliases.peek(lookUpKey(subject, id));
      if (!alias || 'nobodySince' in alias) return undefined;
      const entry = entries.peek(alias.entryKey);
      const isKept = entry && clock() < alias.fetchedAt + ttlMs + staleMs && isCalled(entry.person, subject.kind, id);
      return isKept ? entry.person : undefined;
    },
    learn(subject, id, person, fetchedAt) {
      if (ttlMs <= 0) return;
      // Before anything is made of it: also its identifiers are kept.
      if (person) learnPerson(subject, id, toPlainPerson(person), fetchedAt);
      else learnNobody(subject, id, fetchedAt);
    },
    deny(subject, id, askedAt) {
      const key = lookUpKey(subject, id);
      const known = aliases.peek(key);
      if (known && fetchedAtOf(known) <= askedAt) aliases.set(ownText(key), { nobodySince: askedAt, isDenied: true });
    },
    forget(asked) {
      const { names, entryKeys, aliasKeys } = findTraces(entries, aliases, asked);
      let removed = 0;
      for (const key of aliasKeys) {
        const alias = aliases.peek(key);
        if (alias && 'nobodySince' in alias) removed++;
        aliases.delete(key);
      }
      for (const key of entryKeys) if (entries.delete(key)) removed++;
      return { names: names.names, removed };
    },
    clear() {
      entries.clear();
      aliases.clear();
    },
  };

  function learnPerson(subject: Subject, id: string, person: Person, fetchedAt: number): void {
    const ownKey = subject.tenantKey === undefined ? undefined : ownText(lookUpKey(subject, id));
    const entryKey = ownKey ?? ownLookUpKey(subject.identity, 'key', person.key);
    const known = entries.get(entryKey);
    if (!known || known.fetchedAt <= fetchedAt) entries.set(entryKey, { person, fetchedAt, hits: 0 });
    if (ownKey !== undefined) {
      pointTo(ownKey, entryKey, fetchedAt);
      return;
    }
    for (const kind of subject.kind === 'email' ? EVERY_KIND : UNAMBIGUOUS_KINDS) {
      const value = identifierOf(person, kind);
      if (value !== null) pointTo(ownLookUpKey(subject.identity, kind, comparable(kind, value)), entryKey, fetchedAt);
    }
  }

  function pointTo(key: string, entryKey: string, fetchedAt: number): void {
    const known = aliases.get(key);
    if (known && fetchedAtOf(known) > fetchedAt) return;
    aliases.set(key, { entryKey, fetchedAt, isRefreshing: false });
  }

  function learnNobody(subject: Subject, id: string, fetchedAt: number): void {
    const key = lookUpKey(subject, id);
    const known = aliases.get(key);
    if (known && fetchedAtOf(known) > fetchedAt) return;
    // Whoever has no key any more is found by no other identifier either.
    if (subject.kind === 'key') entries.delete(key);
    if (negativeTtlMs > 0) aliases.set(ownText(key), { nobodySince: fetchedAt });
    else aliases.delete(key);
  }
}

const fetchedAtOf = (alias: Alias): number => ('nobodySince' in alias ? alias.nobodySince : alias.fetchedAt);

/** Grows as it is filled. With `max` it would take the memory of a full one at once, and 20 ms of the start. */
const createLru = <Value extends object>(most: number) =>
  new LRUCache<string, Value>({ maxSize: most, sizeCalculation: () => 1 });

const UNAMBIGUOUS_KINDS: readonly LookupKind[] = ['key', 'outId'];

function isCalled(person: Person, kind: LookupKind, id: string): boolean {
  const value = identifierOf(person, kind);
  return value !== null && comparable(kind, value) === id;
}
