import { LRUCache } from 'lru-cache';
import type { GatewayError } from '../errors.ts';
import type { LookupKind } from '../lookup-kinds.ts';
import type { Clock } from '../policies/clock.ts';
import { type IdentifierSet, normalize } from './identifiers.ts';
import type { BatchKey } from './lookup.ts';

export interface NegativeEntry {
  readonly batchKey: BatchKey;
  readonly id: string;
  readonly user: null;
  /** Why the user API rejects the identifier; `undefined` for "not found". */
  readonly error: GatewayError | undefined;
  readonly fetchedAt: number;
  readonly expiresAt: number;
}

const INVALID_TTL_MS = 60_000;
const MAX_ENTRIES = 10_000;

/** Identifiers that are "not found", and those that the user API rejects: the only error that is ever cached. */
export class NegativeCache {
  readonly #ttlMs: number;
  readonly #clock: Clock;
  readonly #entries = new LRUCache<string, NegativeEntry>({ max: MAX_ENTRIES });

  /** @param ttlMs of "not found"; 0 for not at all. */
  constructor(ttlMs: number, clock: Clock) {
    this.#ttlMs = ttlMs;
    this.#clock = clock;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(batchKey: BatchKey, id: string, now: number): NegativeEntry | undefined {
    // There are few, and every lookup that is not cached checks them.
    if (this.#entries.size === 0) return undefined;
    const entry = this.#entries.get(keyOf(batchKey, batchKey.kind, id));
    return entry && now < entry.expiresAt ? entry : undefined;
  }

  setNotFound(batchKey: BatchKey, id: string, fetchedAt: number): void {
    if (this.#ttlMs <= 0) return;
    this.#set({ batchKey, id, user: null, error: undefined, fetchedAt, expiresAt: fetchedAt + this.#ttlMs });
  }

  setInvalid(batchKey: BatchKey, id: string, error: GatewayError): void {
    const now = this.#clock();
    this.#set({ batchKey, id, user: null, error, fetchedAt: now, expiresAt: now + INVALID_TTL_MS });
  }

  /** Drops what a user that was found supersedes. @returns false where the negative entry is newer. */
  supersede(batchKey: BatchKey, kind: LookupKind, identifier: string, fetchedAt: number): boolean {
    const key = keyOf(batchKey, kind, normalize(kind, identifier));
    const entry = this.#entries.get(key);
    if (!entry) return true;
    if (entry.fetchedAt > fetchedAt) return false;
    return this.#entries.delete(key);
  }

  /** @returns how many were removed. */
  forget(identifiers: IdentifierSet): number {
    let removed = 0;
    for (const [key, { batchKey, id }] of this.#entries.entries()) {
      if (identifiers.means(batchKey, id) && this.#entries.delete(key)) removed++;
    }
    return removed;
  }

  clear(): void {
    this.#entries.clear();
  }

  #set(entry: NegativeEntry): void {
    const key = ownString(keyOf(entry.batchKey, entry.batchKey.kind, entry.id));
    const known = this.#entries.get(key);
    if (known && known.fetchedAt > entry.fetchedAt) return;
    this.#entries.set(key, { ...entry, id: ownString(entry.id) });
  }
}

const keyOf = ({ cachePrefix }: BatchKey, kind: LookupKind, id: string) => `${kind}\n${cachePrefix}${id}`;

/**
 * The same string, for what is kept longer than a request. A string cut out of another, as identifiers are out of documents, keeps all of
 * that in memory: megabytes, and other users' identifiers.
 */
const ownString = (text: string): string => JSON.parse(JSON.stringify(text)) as string;
