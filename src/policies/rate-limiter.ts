import { createBackoff } from './backoff.ts';
import { type Clock, monotonicClock } from './clock.ts';
import { createSkewEstimate } from './skew.ts';

export { MAX_BACKOFF_MS } from './backoff.ts';

export interface RateLimiterOptions {
  /**
   * Calls allowed in any one second, across all kinds of lookup, retries included; 1 or more. The vendor's limit for one token is 15
   * (error 10429). @default 15
   */
  callsPerSecond?: number | undefined;
  /** What counts as a second, in milliseconds: longer where not even one call a second is allowed. @default 1005 */
  windowMs?: number | undefined;
  /** @default the process' monotonic clock */
  clock?: Clock | undefined;
}

/** The permit for one call, which counts against the rate limit from `acquire()` on. */
export interface Permit {
  /** Call when the call leaves: preparations, such as getting a token, are over. */
  start(): void;
  /**
   * Call when the call has ended. One that never started counts no more.
   * @param wasAnswered a response shows how late the call may have arrived. Without one the maximum is assumed. @default true
   */
  release(wasAnswered?: boolean): void;
  /** Call when the response was "too many calls". @param retryAfterMs the backoff. */
  rejected(retryAfterMs: number): void;
}

/** Decides when a call may leave. Knows nothing of what it is for. */
export interface RateLimiter {
  /**
   * Milliseconds until the next call may leave; 0 for now. A promise where the call has to be reserved elsewhere: it never rejects, and
   * `waitMs` is to be called again after it.
   */
  waitMs(): number | Promise<void>;
  /** Counts a call that is about to leave. Call it only when `waitMs()` is 0. */
  acquire(): Permit;
  /** Rough milliseconds until this many further calls have left. */
  estimateMs(calls: number): number;
  /** Milliseconds left of the backoff that the user API asked for; 0 where there is none. */
  backoffMs(): number;
  /**
   * True once every few seconds of a long backoff: one request whose deadline comes before its end may queue all the same, and its call
   * probes whether the backoff is over.
   */
  claimProbe(): boolean;
  /** True where there has been a backoff since. @param at on the monotonic clock. */
  hasBackedOffSince(at: number): boolean;
  /** True where less than half of the rate limit is in use: refreshes ahead of expiry may use some. */
  hasSpare(): boolean;
  /** Calls that count at this moment, and how many are allowed in a second; fewer for a while after "too many calls". */
  usage(): { readonly inUse: number; readonly limit: number };
  /** True where no call counts any more and there is no backoff: a new rate limiter would allow the same. */
  isIdle(): boolean;
}

/** A rate limiter of this process alone: it always knows. */
export interface LocalRateLimiter extends RateLimiter {
  waitMs(): number;
}

/** A second, and the rounding error of timers on both sides. */
export const WINDOW_MS = 1_005;

/**
 * At most `callsPerSecond` in any sliding second *as the other side sees it*: a call counts from its start for a second plus the skew
 * with which it may have arrived, estimated as how much slower its response was than the fastest recent one.
 *
 * Quiet: a fifth of the calls may leave at once. Busy: evenly spaced, so that batches fill while they wait.
 * After "too many calls": a backoff, then three quarters of the rate, growing back by one call a second each second. During a long backoff
 * one call every few seconds probes whether it is over.
 *
 * @throws RangeError where `callsPerSecond` is below 1.
 */
export function createRateLimiter(options: RateLimiterOptions = {}): LocalRateLimiter {
  const { callsPerSecond: most = 15, windowMs = WINDOW_MS } = options;
  if (!(most >= 1)) throw new RangeError(`callsPerSecond must be 1 or more, got ${most}.`);
  const clock = options.clock ?? monotonicClock;
  const burst = Math.max(1, Math.floor(most / 5));

  /** Calls that still count, in the order of their permits. One that has not left counts until it has, and a second more. */
  let counted: { startedAt: number; tookMs: number }[] = [];
  let expired = 0;
  let lastAcquiredAt = Number.NEGATIVE_INFINITY;
  const backoff = createBackoff(clock);
  let limit = most;
  let limitAt = clock();
  const skew = createSkewEstimate();

  return {
    waitMs,
    acquire() {
      const now = clock();
      count(now);
      limit = grownLimit(now);
      limitAt = Math.max(now, limitAt);
      lastAcquiredAt = now;
      const call = { startedAt: Number.POSITIVE_INFINITY, tookMs: Number.POSITIVE_INFINITY };
      counted.push(call);
      const isProbe = backoff.enter();
      let isRejected = false;
      return {
        start() {
          call.startedAt = clock();
        },
        release(wasAnswered = true) {
          if (call.startedAt === Number.POSITIVE_INFINITY) {
            call.startedAt = Number.NEGATIVE_INFINITY;
            return;
          }
          if (!wasAnswered) return;
          call.tookMs = clock() - call.startedAt;
          skew.record(call.tookMs);
          if (!isProbe || isRejected) return;
          backoff.end();
          limitAt = backoff.until();
        },
        rejected(retryAfterMs) {
          isRejected = true;
          // Calls that were in flight together are rejected together: that is one signal, not many.
          if (backoff.begin(retryAfterMs, isProbe)) limit = Math.max(1, limit * 0.75);
          limitAt = backoff.until();
        },
      };
    },
    estimateMs(calls) {
      return waitMs() + (Math.max(0, calls - 1) * windowMs) / Math.floor(limit);
    },
    backoffMs: backoff.remainingMs,
    claimProbe: backoff.claimProbe,
    hasBackedOffSince: (at) => backoff.until() > at,
    hasSpare() {
      return backoff.remainingMs() === 0 && count(clock()) * 2 < limit;
    },
    usage() {
      const now = clock();
      return { inUse: count(now), limit: Math.floor(grownLimit(now)) };
    },
    isIdle() {
      return backoff.remainingMs() === 0 && count(clock()) === 0;
    },
  };

  function waitMs(): number {
    const now = clock();
    const restMs = backoff.waitMs();
    if (restMs > 0) return restMs;
    const inUse = count(now);
    const allowed = Math.floor(limit);
    if (inUse >= allowed) return Math.max(1, Math.min(endOf(inUse - allowed) - now, windowMs));
    if (inUse < burst) return 0;
    // The rest of this second is spread over the time until its oldest call counts no more.
    const spread = Math.min(endOf(0) - lastAcquiredAt, windowMs) / (allowed - inUse + 1);
    return Math.max(0, lastAcquiredAt + Math.max(windowMs / allowed, spread) - now);
  }

  /** Grows by one call a second each second, back to the maximum. */
  function grownLimit(now: number): number {
    return Math.min(most, limit + Math.max(0, now - limitAt) / 1_000);
  }

  /** Drops calls that count no more. @returns how many still do. */
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
    return call.startedAt + windowMs + skew.of(call.tookMs);
  }
}
