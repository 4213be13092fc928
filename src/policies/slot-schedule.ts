import { MOST_LATENESS_MS } from './lateness.ts';
import { LONGEST_PAUSE_MS, WINDOW_MS } from './quota.ts';

/** Leave for one call of one of several processes that share a quota. All times are on the clock of whoever gives it, in milliseconds. */
export interface Grant {
  readonly id: string;
  /** When it was given. */
  readonly now: number;
  /** When the call may leave. */
  readonly leaveAt: number;
  /** Calls that count at this moment, of all processes, those included that are still to leave. */
  readonly inUse: number;
  /** Calls allowed in any one second at this moment. */
  readonly limit: number;
  /** How many processes these calls are of, at least 1. */
  readonly contenders: number;
  /** End of the latest pause that the user API asked for; 0 where there was none. */
  readonly pausedUntil: number;
}

/** Writes down the calls of several processes, so that together they keep one quota. */
export interface SlotSchedule {
  /** Reserves the next call that the quota allows. @param owner the process that asks. */
  reserve(owner: string): Grant;
  /** Tells when a call has arrived at the latest. */
  settle(id: string, arrivedBy: number): void;
  /** The call is not made. */
  giveBack(id: string): void;
  /** The user API has answered "too many calls". @param retryAfterMs how long to stay away. */
  pause(retryAfterMs: number): void;
}

export interface SlotScheduleOptions {
  /** Calls allowed in any one second, 1 or more. */
  callsPerSecond: number;
  /** Milliseconds. */
  clock(): number;
}

/**
 * The rules of the quota, for calls that are reserved ahead: each reservation gets the next moment at which a call may leave, so
 * whoever asks first leaves first, and processes that ask again after each call take turns.
 *
 * A call counts from its turn until a second after it has arrived; until that is known, it counts as if it arrived late.
 * The script of the Redis room says the same in Lua.
 */
export function createSlotSchedule({ callsPerSecond: most, clock }: SlotScheduleOptions): SlotSchedule {
  const burst = Math.max(1, Math.floor(most / 5));
  /** When each call has arrived at the latest. */
  let calls = new Map<string, number>();
  let made = 0;
  let lastLeaveAt = Number.NEGATIVE_INFINITY;
  let limit = most;
  let limitAt = clock();
  let pausedUntil = 0;

  return {
    reserve(owner) {
      const now = clock();
      calls = new Map([...calls].filter(([, arrivedBy]) => arrivedBy + WINDOW_MS > now));
      if (now > limitAt) {
        limit = Math.min(most, limit + (now - limitAt) / 1_000);
        limitAt = now;
      }
      const leaveAt = nextTurn(now);
      const id = `${owner}:${made++}`;
      calls.set(id, leaveAt + MOST_LATENESS_MS);
      lastLeaveAt = leaveAt;
      const contenders = new Set([...calls.keys()].map((call) => call.slice(0, call.lastIndexOf(':')))).size;
      return { id, now, leaveAt, inUse: calls.size, limit, contenders, pausedUntil };
    },
    settle(id, arrivedBy) {
      if (calls.has(id)) calls.set(id, arrivedBy);
    },
    giveBack(id) {
      calls.delete(id);
    },
    pause(retryAfterMs) {
      const now = clock();
      if (now >= pausedUntil) limit = Math.max(1, limit * 0.75);
      pausedUntil = Math.max(pausedUntil, now + Math.min(retryAfterMs, LONGEST_PAUSE_MS));
      limitAt = pausedUntil;
    },
  };

  function nextTurn(now: number): number {
    const allowed = Math.floor(limit);
    const ends = [...calls.values()].map((arrivedBy) => arrivedBy + WINDOW_MS).toSorted((a, b) => a - b);
    const at = Math.max(now, pausedUntil, lastLeaveAt, ends[ends.length - allowed] ?? now);
    const still = ends.filter((end) => end > at);
    if (still.length < burst) return at;
    // What is left of this second is spread over the time until its oldest call counts no more.
    const spread = Math.min((still[0] ?? at) - lastLeaveAt, WINDOW_MS) / (allowed - still.length + 1);
    return Math.max(at, lastLeaveAt + Math.max(WINDOW_MS / allowed, spread));
  }
}
