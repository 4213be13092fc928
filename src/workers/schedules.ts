import type { Clock } from '../policies/clock.ts';
import { createSchedule, type Schedule } from '../policies/schedule.ts';

export interface SchedulesOptions {
  /** Calls allowed in any one second with one credential. */
  callsPerSecond: number;
  /** How many credentials may be in use at a time. */
  most: number;
  clock: Clock;
}

/** One schedule for each credential that is in use. */
export interface Schedules {
  /** @returns `undefined` where too many others are in use. */
  keep(identity: string): Schedule | undefined;
  /** @returns `undefined` where nothing is kept of it. */
  find(identity: string): Schedule | undefined;
}

/** A call counts for a second after it has arrived, and a moment more. */
const CALLS_COUNT_MS = 5_000;
/** After "too many calls" there is a pause of a minute at most, and then the way back to the whole quota. */
const PAUSES_COUNT_MS = 120_000;

/** What has not been used for so long that a new schedule would allow the same is dropped when another is begun. */
export function createSchedules({ callsPerSecond, most, clock }: SchedulesOptions): Schedules {
  // A map keeps the order of insertion: what was used last stands last.
  const kept = new Map<string, { schedule: Schedule; countsUntil: number }>();

  return {
    keep(identity) {
      const known = kept.get(identity);
      if (!known && !makeRoom()) return undefined;
      const entry = known ?? begin();
      kept.delete(identity);
      kept.set(identity, entry);
      return entry.schedule;
    },
    find: (identity) => kept.get(identity)?.schedule,
  };

  function makeRoom(): boolean {
    const now = clock();
    for (const [identity, { countsUntil }] of kept) {
      if (countsUntil <= now) kept.delete(identity);
      // One that pauses may stand in front of others that do not count any more: of no concern as long as there is room.
      else if (kept.size < most) break;
    }
    return kept.size < most;
  }

  function begin() {
    const schedule = createSchedule({ callsPerSecond, clock });
    const entry = {
      countsUntil: clock() + CALLS_COUNT_MS,
      schedule: {
        reserve(owner) {
          const grant = schedule.reserve(owner);
          count(grant.leaveAt + CALLS_COUNT_MS);
          return grant;
        },
        confirm(id, arrivedBy) {
          count(arrivedBy + CALLS_COUNT_MS);
          schedule.confirm(id, arrivedBy);
        },
        release: schedule.release,
        penalise(retryAfterMs) {
          count(clock() + PAUSES_COUNT_MS);
          schedule.penalise(retryAfterMs);
        },
      } satisfies Schedule,
    };
    const count = (until: number) => {
      entry.countsUntil = Math.max(entry.countsUntil, until);
    };
    return entry;
  }
}
