import type { Person } from '../upstream/person.ts';
import type { Subject } from './look-up.ts';

/** What several processes know of one identifier. */
export interface SharedAnswer {
  readonly person: Person | null;
  /** When the call left that told it, on the clock of this process. */
  readonly fetchedAt: number;
}

/** People whom several processes remember together: a cache behind the memory of each. Only for the plugin's identity. */
export interface SharedPeople {
  /** How long people are kept there, in milliseconds. */
  readonly keptMs: number;
  /**
   * Looks for people, those of one turn of the event loop together. Never rejects: whom it cannot tell of in time is not in the
   * answer.
   */
  find(subject: Subject, ids: readonly string[]): Promise<ReadonlyMap<string, SharedAnswer>>;
  /** Remembers what a call told, sooner or later. @param fetchedAt when the call left. */
  learn(subject: Subject, id: string, person: Person | null, fetchedAt: number): void;
}
