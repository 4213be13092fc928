import { LRUCache } from 'lru-cache';
import { type Clock, monotonicClock } from '../policies/clock.ts';
import type { Person } from '../upstream/person.ts';
import type { Subject } from './look-up.ts';
import { createNameSet, nameKey, nameOf, namesOf, type PersonName } from './person-name.ts';

/** Whom the gateway was told to forget, as long as a call from before may be under way. */
export interface ForgottenPeople {
  /** To be called when they are forgotten under all these names. */
  add(names: readonly PersonName[]): void;
  /** To be called when all are forgotten: whatever a call from before tells must not be remembered. */
  addEverybody(): void;
  /** These names, and those that were forgotten together with them: whoever asks again means the same people. */
  withEarlier(names: readonly PersonName[]): readonly PersonName[];
  /**
   * Whether what a call told of an identifier must not be remembered.
   * @param fetchedAt when the call left.
   */
  isForgotten(subject: Subject, id: string, person: Person | null, fetchedAt: number): boolean;
}

interface Forgetting {
  readonly at: number;
  readonly names: readonly PersonName[];
}

/** Longer than any call takes: LARK_TIMEOUT_MS is ten minutes at most. To forget somebody is not to keep their identifiers. */
const REMEMBERED_AT_LEAST_MS = 900_000;
const MOST_REMEMBERED = 10_000;

/**
 * @param sharedMs how long others may keep people, in milliseconds: what was learned before they were forgotten may come from there.
 * @param most names that are kept; beyond that, what calls from before tell is remembered of nobody.
 */
export function createForgottenPeople(
  clock: Clock = monotonicClock,
  sharedMs = 0,
  most = MOST_REMEMBERED,
): ForgottenPeople {
  /** Answers to calls that left until then are not to be trusted, whoever they are about. */
  let nobodyUntil = Number.NEGATIVE_INFINITY;
  const byName = new LRUCache<string, Forgetting>({
    max: most,
    ttl: Math.max(REMEMBERED_AT_LEAST_MS, sharedMs),
    ttlAutopurge: true,
    perf: { now: clock },
    dispose({ at }, _, reason) {
      if (reason === 'evict') nobodyUntil = Math.max(nobodyUntil, at);
    },
  });

  return {
    add(names) {
      const forgetting = { at: clock(), names };
      for (const name of names) byName.set(nameKey(name), forgetting);
    },
    addEverybody() {
      nobodyUntil = clock();
    },
    withEarlier(names) {
      const all = createNameSet(names);
      for (const name of names) for (const earlier of byName.get(nameKey(name))?.names ?? []) all.add(earlier);
      return all.names;
    },
    isForgotten(subject, id, person, fetchedAt) {
      if (fetchedAt <= nobodyUntil) return true;
      if (byName.size === 0) return false;
      const told = [nameOf(subject, id), ...(person ? namesOf(person, subject.tenantKey) : [])];
      return told.some((name) => {
        const forgetting = byName.get(nameKey(name));
        return forgetting !== undefined && fetchedAt <= forgetting.at;
      });
    },
  };
}
