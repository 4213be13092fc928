import { type Clock, monotonicClock } from '../policies/clock.ts';
import { createLookUp, type LookUp, type Subject } from './look-up.ts';
import type { NameSet } from './person-name.ts';

/** Popular people who should be asked for before somebody has to wait for them. */
export interface RefreshAhead {
  /** @param until when their time in memory is over: from then on they are looked up when somebody asks. */
  add(identity: string, key: string, until: number): void;
  has(identity: string): boolean;
  /** Asks for these people ahead no more, for no identity. */
  forget(names: NameSet): void;
  /** Candidates of this subject, at most `most`, as look-ups that nobody waits for. */
  take(subject: Subject, most: number): LookUp[];
}

/** More than this are not worth remembering: whoever is left out is looked up when somebody asks. */
const MOST_CANDIDATES = 1_000;

export function createRefreshAhead(clock: Clock = monotonicClock): RefreshAhead {
  const byIdentity = new Map<string, Map<string, number>>();

  return {
    add(identity, key, until) {
      const candidates = byIdentity.get(identity) ?? new Map<string, number>();
      byIdentity.set(identity, candidates);
      if (candidates.size < MOST_CANDIDATES) candidates.set(key, until);
    },
    has: (identity) => byIdentity.has(identity),
    forget({ names }) {
      for (const [identity, candidates] of byIdentity) {
        for (const { kind, identifier } of names) if (kind === 'key') candidates.delete(identifier);
        if (candidates.size === 0) byIdentity.delete(identity);
      }
    },
    take(subject, most) {
      const candidates = byIdentity.get(subject.identity);
      // Refreshed by key, whichever identifier made the person popular: that renews what all their aliases lead to.
      if (!candidates || subject.kind !== 'key') return [];
      const taken: LookUp[] = [];
      for (const [key, until] of candidates) {
        if (taken.length === most) break;
        candidates.delete(key);
        if (clock() < until) taken.push(createLookUp(subject, key, key, undefined, clock()));
      }
      if (candidates.size === 0) byIdentity.delete(subject.identity);
      return taken;
    },
  };
}
