import type { Clock } from '../policies/clock.ts';
import { type BatchKey, createLookup, type Lookup } from './lookup.ts';

/** Hot users worth fetching again before they expire, so that no request has to wait for them. */
export interface RefreshAhead {
  /** @param expiresAt from then on they are looked up when a request wants them. */
  add(batchKey: BatchKey, id: string, expiresAt: number): void;
  /** The batch keys of this identity that have candidates. */
  keysOf(identity: string): BatchKey[];
  /** Drops the candidates for which this holds. */
  drop(isMeant: (batchKey: BatchKey, id: string) => boolean): void;
  /** Candidates of this batch key, at most `max`, as lookups without waiters. */
  take(batchKey: BatchKey, max: number): Lookup[];
}

/** Of one batch key. A candidate too many is looked up when a request wants it. */
const MAX_CANDIDATES = 1_000;

export function createRefreshAhead(clock: Clock): RefreshAhead {
  const byKey = new Map<string, { readonly batchKey: BatchKey; readonly expiry: Map<string, number> }>();

  return {
    add(batchKey, id, expiresAt) {
      const candidates = byKey.get(batchKey.key) ?? { batchKey, expiry: new Map<string, number>() };
      byKey.set(batchKey.key, candidates);
      if (candidates.expiry.size < MAX_CANDIDATES) candidates.expiry.set(id, expiresAt);
    },
    keysOf(identity) {
      // Nearly always there are none.
      if (byKey.size === 0) return [];
      return Array.from(byKey.values(), ({ batchKey }) => batchKey).filter((one) => one.identity === identity);
    },
    drop(isMeant) {
      for (const [key, { batchKey, expiry }] of byKey) {
        for (const id of expiry.keys()) if (isMeant(batchKey, id)) expiry.delete(id);
        if (expiry.size === 0) byKey.delete(key);
      }
    },
    take(batchKey, max) {
      const expiry = byKey.get(batchKey.key)?.expiry;
      if (!expiry) return [];
      const taken: Lookup[] = [];
      for (const [id, expiresAt] of expiry) {
        if (taken.length === max) break;
        expiry.delete(id);
        if (clock() < expiresAt) taken.push(createLookup(batchKey, id, id, undefined, clock()));
      }
      if (expiry.size === 0) byKey.delete(batchKey.key);
      return taken;
    },
  };
}
