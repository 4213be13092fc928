import { LRUCache } from 'lru-cache';
import type { Clock } from '../policies/clock.ts';
import type { LarkUser } from '../upstream/lark-user.ts';
import { createIdentifierSet, identifierIn, identifierKey, identifiersOf, type UserIdentifier } from './identifiers.ts';
import type { BatchKey } from './lookup.ts';

/** Users that were forgotten, for as long as a call that left before may be in flight. */
export interface ForgottenUsers {
  add(identifiers: readonly UserIdentifier[]): void;
  /** Nothing that a call which left before returns is cached, for any user. */
  addAll(): void;
  /** These, and those that were forgotten together with them: asking again means the same user. */
  withEarlier(identifiers: readonly UserIdentifier[]): readonly UserIdentifier[];
  /** True where what a call returned must not be cached. @param fetchedAt when the call left. */
  has(batchKey: BatchKey, id: string, user: LarkUser | null, fetchedAt: number): boolean;
}

/** Longer than any call takes: LARK_TIMEOUT_MS is ten minutes at most. Then the identifiers of who was forgotten are dropped, too. */
const KEPT_MS = 900_000;
const MAX_KEPT = 10_000;

/**
 * @param sharedMs how long a shared cache keeps users, in milliseconds: what was fetched before may come from there.
 */
export function createForgottenUsers(clock: Clock, sharedMs = 0): ForgottenUsers {
  /** Where more were forgotten than are kept, nothing from before is cached of any user. */
  let allUntil = Number.NEGATIVE_INFINITY;
  const kept = new LRUCache<string, { readonly at: number; readonly identifiers: readonly UserIdentifier[] }>({
    max: MAX_KEPT,
    ttl: Math.max(KEPT_MS, sharedMs),
    ttlAutopurge: true,
    perf: { now: clock },
    dispose({ at }, _, reason) {
      if (reason === 'evict') allUntil = Math.max(allUntil, at);
    },
  });

  return {
    add(identifiers) {
      const forgotten = { at: clock(), identifiers };
      for (const identifier of identifiers) kept.set(identifierKey(identifier), forgotten);
    },
    addAll() {
      allUntil = clock();
    },
    withEarlier(identifiers) {
      const set = createIdentifierSet(identifiers);
      for (const one of identifiers) {
        for (const earlier of kept.get(identifierKey(one))?.identifiers ?? []) set.add(earlier);
      }
      return set.all;
    },
    has(batchKey, id, user, fetchedAt) {
      if (fetchedAt <= allUntil) return true;
      if (kept.size === 0) return false;
      const fetched = [identifierIn(batchKey, id), ...(user ? identifiersOf(user, batchKey.tenantKey) : [])];
      return fetched.some((one) => fetchedAt <= (kept.get(identifierKey(one))?.at ?? Number.NEGATIVE_INFINITY));
    },
  };
}
