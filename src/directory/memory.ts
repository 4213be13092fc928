import type { GatewayError } from '../errors.ts';
import type { Clock } from '../policies/clock.ts';
import type { Person } from '../upstream/person.ts';
import { createForgottenPeople } from './forgotten-people.ts';
import type { Subject } from './look-up.ts';
import { createPersonCache, type PersonCache, type PersonCacheOptions } from './person-cache.ts';
import { createNameSet, type PersonName, parsePersonName } from './person-name.ts';
import { createRejections } from './rejections.ts';
import type { SharedPeople } from './shared-people.ts';
import { PLUGIN_IDENTITY } from './ticket.ts';

export interface MemoryOptions extends PersonCacheOptions {
  /** People whom several processes remember together. @default none */
  sharedPeople?: SharedPeople | undefined;
  clock: Clock;
}

/** All that a process remembers of people, and whom it was told to forget. */
export interface Memory extends Pick<PersonCache, 'get' | 'getStale' | 'isFreshAt' | 'deny'> {
  /** People in memory. */
  readonly size: number;
  /** Why the user API refuses this identifier. */
  rejectionOf(subject: Subject, id: string): GatewayError | undefined;
  /** True where there are others who remember people. */
  readonly isShared: boolean;
  /** From then on it knows what others have learned of these. Never rejects. */
  learnFromOthers(subject: Subject, ids: Iterable<string>): Promise<void>;
  /** Remembers what a call told, unless its person was forgotten meanwhile. @param fetchedAt when the call left. */
  learn(subject: Subject, id: string, person: Person | null, fetchedAt: number): void;
  /** Remembers an identifier that the user API refuses. @param askedAt when the call left. */
  reject(subject: Subject, id: string, error: GatewayError, askedAt: number): void;
  /** @throws GatewayError BAD_USER_INPUT where a name cannot be one. */
  forget(names: readonly PersonName[]): Forgotten;
  forgetEverybody(): void;
}

/** Who was forgotten, as far as they were known here. */
export interface Forgotten {
  /** All that they go by, what was asked included: whoever else remembers people has to be told all of them. */
  readonly names: readonly PersonName[];
  /** How many people, "there is no such person" and refused values were removed. It does not tell which. */
  readonly entries: number;
}

export function createMemory({ sharedPeople, ...options }: MemoryOptions): Memory {
  const cache = createPersonCache(options);
  const rejections = createRejections(options.clock);
  const forgotten = createForgottenPeople(options.clock, sharedPeople?.keptMs);

  return {
    get size() {
      return cache.size;
    },
    get: cache.get,
    getStale: cache.getStale,
    isFreshAt: cache.isFreshAt,
    deny: cache.deny,
    rejectionOf: rejections.get,
    isShared: sharedPeople !== undefined,
    async learnFromOthers(subject, ids) {
      const found = await sharedPeople?.find(subject, [...ids]);
      for (const [id, { person, fetchedAt }] of found ?? []) learnHere(subject, id, person, fetchedAt);
    },
    learn(subject, id, person, fetchedAt) {
      const isNews = learnHere(subject, id, person, fetchedAt);
      // What a caller may see with a token of their own stays here.
      if (isNews && subject.identity === PLUGIN_IDENTITY) sharedPeople?.learn(subject, id, person, fetchedAt);
    },
    reject(subject, id, error, askedAt) {
      if (!forgotten.isForgotten(subject, id, null, askedAt)) rejections.add(subject, id, error);
    },
    forget(asked) {
      const { names, removed } = cache.forget(forgotten.withEarlier(asked.map(parsePersonName)));
      // Before anything else can run: an answer that comes from now on is of before.
      forgotten.add(names);
      return { names, entries: removed + rejections.forget(createNameSet(names)) };
    },
    forgetEverybody() {
      cache.clear();
      rejections.forget({ means: () => true });
      forgotten.addEverybody();
    },
  };

  /** @returns false for what was fetched before its person was forgotten. */
  function learnHere(subject: Subject, id: string, person: Person | null, fetchedAt: number): boolean {
    if (forgotten.isForgotten(subject, id, person, fetchedAt)) return false;
    cache.learn(subject, id, person, fetchedAt);
    return true;
  }
}
