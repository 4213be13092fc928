import { type Clock, monotonicClock } from '../policies/clock.ts';
import { createLookUp, type LookUp, type Subject } from './look-up.ts';
import type { NameSet } from './person-name.ts';

/** Popular people who should be asked for before somebody has to wait for them. */
export interface RefreshAhead {
  /** @param until when their time in memory is over: from then on they are looked up when somebody asks. */
  add(subject: Subject, id: string, until: number): void;
  /** Those of this identity for which there are candidates. */
  subjectsOf(identity: string): Subject[];
  /** Asks for these people ahead no more, for no identity. */
  forget(names: NameSet): void;
  /** Asks for nobody ahead any more, as long as nobody becomes popular anew. */
  clear(): void;
  /** Candidates of this subject, at most `most`, as look-ups that nobody waits for. */
  take(subject: Subject, most: number): LookUp[];
}

/** More than this of one subject are not worth remembering: whoever is left out is looked up when somebody asks. */
const MOST_CANDIDATES = 1_000;

export function createRefreshAhead(clock: Clock = monotonicClock): RefreshAhead {
  const bySubject = new Map<string, { readonly subject: Subject; readonly until: Map<string, number> }>();

  return {
    add(subject, id, until) {
      const candidates = bySubject.get(subject.key) ?? { subject, until: new Map<string, number>() };
      bySubject.set(subject.key, candidates);
      if (candidates.until.size < MOST_CANDIDATES) candidates.until.set(id, until);
    },
    subjectsOf(identity) {
      // Nearly always there are none.
      if (bySubject.size === 0) return [];
      return Array.from(bySubject.values(), ({ subject }) => subject).filter(
        (subject) => subject.identity === identity,
      );
    },
    forget(names) {
      for (const [key, { subject, until }] of bySubject) {
        for (const id of until.keys()) if (names.means(subject, id)) until.delete(id);
        if (until.size === 0) bySubject.delete(key);
      }
    },
    clear: () => bySubject.clear(),
    take(subject, most) {
      const candidates = bySubject.get(subject.key)?.until;
      if (!candidates) return [];
      const taken: LookUp[] = [];
      for (const [id, until] of candidates) {
        if (taken.length === most) break;
        candidates.delete(id);
        if (clock() < until) taken.push(createLookUp(subject, id, id, undefined, clock()));
      }
      if (candidates.size === 0) bySubject.delete(subject.key);
      return taken;
    },
  };
}
