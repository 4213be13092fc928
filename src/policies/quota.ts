import { type Clock, monotonicClock } from './clock.ts';
import { createLateness } from './lateness.ts';
import { createPause } from './pause.ts';

export { LONGEST_PAUSE_MS } from './pause.ts';

export interface QuotaOptions {
  /**
   * Calls allowed in any one second, over all kinds of look-up, repeated calls included; 1 or more. The vendor's limit for one
   * token is 15 (error 10429). @default 15
   */
  callsPerSecond?: number | undefined;
  /** What counts as a second, in milliseconds: longer where not even one call a second is allowed. @default 1005 */
  windowMs?: number | undefined;
  /** @default the process' monotonic clock */
  clock?: Clock | undefined;
}

/** Leave for one call. It counts from when it is taken until it is known what became of it. */
export interface Slot {
  /** To be called when the call really leaves: preparations, such as getting a token, are over. */
  left(): void;
  /**
   * To be called when the call has ended, however. One that never left counts no more.
   * @param wasAnswered an answer tells how late the call may have arrived. Without one nobody knows: as late as any. @default true
   */
  done(wasAnswered?: boolean): void;
  /** To be called when the answer was "too many calls". @param retryAfterMs how long to stay away. */
  refused(retryAfterMs: number): void;
}

/** Decides when a call may leave. Knows nothing of what it is for. */
export interface Quota {
  /**
   * Milliseconds until the next call may leave; 0 for now. Where others have to be asked for that, a promise that never rejects:
   * then it is to be asked for again.
   */
  waitMs(): number | Promise<void>;
  /** Counts a call that is about to leave. Only to be called when `waitMs()` is 0. */
  take(): Slot;
  /** Rough milliseconds until this many further calls have left. */
  estimateMs(calls: number): number;
  /** Milliseconds left of a pause that the user API asked for; 0 where there is none. */
  pausedMs(): number;
  /**
   * True once every few seconds of a long pause: one request that cannot wait for its end may queue all the same, and its call finds
   * out whether the pause is over.
   */
  claimProbe(): boolean;
  /** True where there has been such a pause since. @param at on the monotonic clock. */
  hasPausedSince(at: number): boolean;
  /** True where less than half of the quota is in use: calls that nobody waits for may take some. */
  hasSpare(): boolean;
  /** Calls that count at this moment, and how many the quota allows in a second; fewer for a while after "too many calls". */
  usage(): { readonly inUse: number; readonly limit: number };
  /** True where no call counts any more and there is no pause: a new quota would allow what this one does. */
  isIdle(): boolean;
}

/** A quota that nobody else has a part in: it always knows. */
export interface OwnQuota extends Quota {
  waitMs(): number;
}

/** The second, and what timers on both sides may round away. */
export const WINDOW_MS = 1_005;

/**
 * At most `callsPerSecond` in any sliding second *as the other side sees it*: a call counts from its start for a second plus
 * the lateness with which it may have arrived, estimated as how much slower its answer was than the fastest of late.
 *
 * Quiet: a fifth of the quota may leave at once. Busy: evenly paced, so that batches fill while they wait.
 * After "too many calls": a pause, then three quarters of the pace, growing back by one call a second each second. In a long pause one
 * call every few seconds probes whether it is over.
 *
 * @throws RangeError where `callsPerSecond` is below 1.
 */
export function createQuota(options: QuotaOptions = {}): OwnQuota {
  const { callsPerSecond: most = 15, windowMs = WINDOW_MS } = options;
  if (!(most >= 1)) throw new RangeError(`callsPerSecond must be 1 or more, got ${most}.`);
  const clock = options.clock ?? monotonicClock;
  const burst = Math.max(1, Math.floor(most / 5));

  /** Calls that still count, in the order they were taken. One that has not left counts until it has, and a second more. */
  let counted: { leftAt: number; tookMs: number }[] = [];
  let expired = 0;
  let lastTakenAt = Number.NEGATIVE_INFINITY;
  const pause = createPause(clock);
  let limit = most;
  let limitAt = clock();
  const lateness = createLateness();

  return {
    waitMs,
    take() {
      const now = clock();
      count(now);
      limit = grownLimit(now);
      limitAt = Math.max(now, limitAt);
      lastTakenAt = now;
      const call = { leftAt: Number.POSITIVE_INFINITY, tookMs: Number.POSITIVE_INFINITY };
      counted.push(call);
      const isProbe = pause.take();
      let isRefused = false;
      return {
        left() {
          call.leftAt = clock();
        },
        done(wasAnswered = true) {
          if (call.leftAt === Number.POSITIVE_INFINITY) {
            call.leftAt = Number.NEGATIVE_INFINITY;
            return;
          }
          if (!wasAnswered) return;
          call.tookMs = clock() - call.leftAt;
          lateness.note(call.tookMs);
          if (!isProbe || isRefused) return;
          pause.end();
          limitAt = pause.until();
        },
        refused(retryAfterMs) {
          isRefused = true;
          // Calls that were on their way together are refused together: that is one sign, not many.
          if (pause.begin(retryAfterMs, isProbe)) limit = Math.max(1, limit * 0.75);
          limitAt = pause.until();
        },
      };
    },
    estimateMs(calls) {
      return waitMs() + (Math.max(0, calls - 1) * windowMs) / Math.floor(limit);
    },
    pausedMs: pause.leftMs,
    claimProbe: pause.claimProbe,
    hasPausedSince: (at) => pause.until() > at,
    hasSpare() {
      return pause.leftMs() === 0 && count(clock()) * 2 < limit;
    },
    usage() {
      const now = clock();
      return { inUse: count(now), limit: Math.floor(grownLimit(now)) };
    },
    isIdle() {
      return pause.leftMs() === 0 && count(clock()) === 0;
    },
  };

  function waitMs(): number {
    const now = clock();
    const pauseMs = pause.waitMs();
    if (pauseMs > 0) return pauseMs;
    const inUse = count(now);
    const allowed = Math.floor(limit);
    if (inUse >= allowed) return Math.max(1, Math.min(endOf(inUse - allowed) - now, windowMs));
    if (inUse < burst) return 0;
    // What is left of this second is spread over the time until its oldest call counts no more.
    const spread = Math.min(endOf(0) - lastTakenAt, windowMs) / (allowed - inUse + 1);
    return Math.max(0, lastTakenAt + Math.max(windowMs / allowed, spread) - now);
  }

  /** By one call a second each second, back to what it was. */
  function grownLimit(now: number): number {
    return Math.min(most, limit + Math.max(0, now - limitAt) / 1_000);
  }

  /** Forgets calls that count no more. @returns how many still do. */
  function count(now: number): number {
    while (expired < counted.length && endOf(0) <= now) expired++;
    if (expired > 64 && expired * 2 > counted.length) {
      counted = counted.slice(expired);
      expired = 0;
    }
    return counted.length - expired;
  }

  /** When the n-th oldest call that counts will count no more. */
  function endOf(n: number): number {
    const call = counted[expired + n];
    if (!call) return Number.NEGATIVE_INFINITY;
    return call.leftAt + windowMs + lateness.of(call.tookMs);
  }
}
