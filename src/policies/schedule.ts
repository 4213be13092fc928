import { MAX_BACKOFF_MS, WINDOW_MS } from './rate-limiter.ts';
import { MAX_SKEW_MS } from './skew.ts';

/** The reservation of one call, for one of several processes that share a rate limit. All times are on the store's clock, in milliseconds. */
export interface Grant {
  readonly id: string;
  /** When it was granted. */
  readonly now: number;
  /** When the call may leave. */
  readonly leaveAt: number;
  /** Calls that count at this moment, of all processes, reserved ones included. */
  readonly inUse: number;
  /** Calls allowed in any one second at this moment. */
  readonly limit: number;
  /** How many processes these calls are of, at least 1. */
  readonly contenders: number;
  /** End of the latest backoff that the user API asked for; 0 where there was none. */
  readonly pausedUntil: number;
}

/** Reserves the calls of several processes, so that together they keep one rate limit. */
export interface Schedule {
  /** Reserves the next call that the rate limit allows. @param owner the process that makes it. */
  reserve(owner: string): Grant;
  /** A call has arrived at this moment, or before. */
  confirm(id: string, arrivedBy: number): void;
  /** The call is not made. */
  release(id: string): void;
  /** The user API has answered "too many calls". @param retryAfterMs the backoff. */
  penalise(retryAfterMs: number): void;
}

export interface ScheduleOptions {
  /** Calls allowed in any one second, 1 or more. */
  callsPerSecond: number;
  /** Milliseconds. */
  clock(): number;
}

/**
 * The rules of the rate limit, for calls that are reserved ahead: each reservation gets the next moment at which a call may leave.
 * Reservations leave in their order, and processes that reserve again after each call take turns.
 *
 * A call counts from the moment it may leave until a second after it has arrived; until that is confirmed, the maximum skew is assumed.
 * The Redis script `RESERVE` implements the same rules in Lua.
 */
export function createSchedule({ callsPerSecond: most, clock }: ScheduleOptions): Schedule {
  const burst = Math.max(1, Math.floor(most / 5));
  /** The latest arrival of each call. */
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
      const leaveAt = nextLeaveAt(now);
      const id = `${owner}:${made++}`;
      calls.set(id, leaveAt + MAX_SKEW_MS);
      lastLeaveAt = leaveAt;
      const contenders = new Set([...calls.keys()].map((call) => call.slice(0, call.lastIndexOf(':')))).size;
      return { id, now, leaveAt, inUse: calls.size, limit, contenders, pausedUntil };
    },
    confirm(id, arrivedBy) {
      if (calls.has(id)) calls.set(id, arrivedBy);
    },
    release(id) {
      calls.delete(id);
    },
    penalise(retryAfterMs) {
      const now = clock();
      if (now >= pausedUntil) limit = Math.max(1, limit * 0.75);
      pausedUntil = Math.max(pausedUntil, now + Math.min(retryAfterMs, MAX_BACKOFF_MS));
      limitAt = pausedUntil;
    },
  };

  function nextLeaveAt(now: number): number {
    const allowed = Math.floor(limit);
    const ends = [...calls.values()].map((arrivedBy) => arrivedBy + WINDOW_MS).toSorted((a, b) => a - b);
    const at = Math.max(now, pausedUntil, lastLeaveAt, ends[ends.length - allowed] ?? now);
    const still = ends.filter((end) => end > at);
    if (still.length < burst) return at;
    // The rest of this second is spread over the time until its oldest call counts no more.
    const spread = Math.min((still[0] ?? at) - lastLeaveAt, WINDOW_MS) / (allowed - still.length + 1);
    return Math.max(at, lastLeaveAt + Math.max(WINDOW_MS / allowed, spread));
  }
}
