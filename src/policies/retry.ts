import { type Clock, monotonicClock } from './clock.ts';

export interface RetryOptions {
  /** Calls for one lookup in all, the first included. @default 3 */
  maxAttempts?: number | undefined;
  /** Upper bound of the first delay, in milliseconds; it doubles with each attempt. @default 100 */
  baseMs?: number | undefined;
  /** @default the process' monotonic clock */
  clock?: Clock | undefined;
  /** 0 to below 1. @default Math.random */
  random?: (() => number) | undefined;
}

/** Whether a failed call may be retried, and when. Retries must not add to an outage more calls than the API takes when it is healthy. */
export interface RetryPolicy {
  /** Counts a call that is not a retry. */
  recordCall(): void;
  /** Takes one retry of the budget. @returns false where the budget is spent. */
  takeRetry(): boolean;
  /** @param attempts calls made so far. @returns milliseconds until the next. */
  delayMs(attempts: number): number;
  /** Calls for one lookup in all. */
  readonly maxAttempts: number;
}

/** Retries are at most this share of recent calls, and a few in any case. */
const SHARE = 0.2;
const AT_LEAST = 3;
const WINDOW_MS = 10_000;
const MAX_DELAY_MS = 2_000;

/** Full jitter: a delay of any length up to the limit, so that calls that failed together are not retried together. */
export function createRetryPolicy(options: RetryOptions = {}): RetryPolicy {
  const { maxAttempts = 3, baseMs = 100, random = Math.random } = options;
  const clock = options.clock ?? monotonicClock;
  const calls = createWindow(clock);
  const retries = createWindow(clock);

  return {
    recordCall: calls.add,
    takeRetry() {
      if (retries.count() >= Math.max(AT_LEAST, calls.count() * SHARE)) return false;
      retries.add();
      return true;
    },
    delayMs: (attempts) => random() * Math.min(baseMs * 2 ** (attempts - 1), MAX_DELAY_MS),
    maxAttempts,
  };
}

/** Counts events in a sliding window. */
function createWindow(clock: Clock) {
  let times: number[] = [];
  /** Those before are too old. */
  let first = 0;

  function dropOld(): void {
    const since = clock() - WINDOW_MS;
    while (first < times.length && (times[first] as number) <= since) first++;
    if (first < 64 || first * 2 < times.length) return;
    times = times.slice(first);
    first = 0;
  }

  return {
    add(): void {
      dropOld();
      times.push(clock());
    },
    count(): number {
      dropOld();
      return times.length - first;
    },
  };
}
