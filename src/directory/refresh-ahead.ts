import { type Clock, monotonicClock } from '../policies/clock.ts';
import { createLookUp, type LookUp, type Subject } from './look-up.ts';

/** Popular people who should be asked for before somebody has to wait for them. */
export interface RefreshAhead {
  add(identity: string, key: string): void;
  /** Candidates of this subject, at most `most`, as look-ups that nobody waits for. */
  take(subject: Subject, most: number): LookUp[];
}

/** More than this are not worth remembering: whoever is left out is looked up when somebody asks. */
const MOST_CANDIDATES = 1_000;

export function createRefreshAhead(clock: Clock = monotonicClock): RefreshAhead {
  const byIdentity = new Map<string, Set<string>>();

  return {
    add(identity, key) {
      const candidates = byIdentity.get(identity) ?? new Set();
      byIdentity.set(identity, candidates);
      if (candidates.size < MOST_CANDIDATES) candidates.add(key);
    },
    take(subject, most) {
      const candidates = byIdentity.get(subject.identity);
      // Refreshed by key, whichever identifier made the person popular: that fills all their aliases.
      if (!candidates || subject.kind !== 'key') return [];
      const taken = [...candidates].slice(0, most);
      for (const key of taken) candidates.delete(key);
      if (candidates.size === 0) byIdentity.delete(subject.identity);
      return taken.map((key) => createLookUp(subject, { id: key, spelling: key }, undefined, clock()));
    },
  };
}
