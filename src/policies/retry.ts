import { type Clock, monotonicClock } from './clock.ts';

export interface RetryOptions {
  /** Calls for one look-up in all, the first included. @default 3 */
  maxAttempts?: number | undefined;
  /** The most that the first pause may take, in milliseconds; it doubles with each attempt. @default 100 */
  baseMs?: number | undefined;
  /** @default the process' monotonic clock */
  clock?: Clock | undefined;
  /** 0 to below 1. @default Math.random */
  random?: (() => number) | undefined;
}

/** Whether a failed call may be repeated, and when. An outage must not be answered with more calls than a healthy day has. */
export interface RetryPolicy {
  /** Counts a call that is no repetition. */
  noteCall(): void;
  /** Asks for one repetition, and counts it. @returns false where there have been too many of late. */
  takeRepetition(): boolean;
  /** @param attempts calls made so far. @returns how long to pause before the next, in milliseconds. */
  pauseMs(attempts: number): number;
  /** Calls for one look-up in all. */
  readonly maxAttempts: number;
}

/** Repetitions are at most this share of the calls of late, and a few in any case. */
const SHARE = 0.2;
const AT_LEAST = 3;
const WINDOW_MS = 10_000;
const LONGEST_PAUSE_MS = 2_000;

/** Full jitter: a pause of any length up to the limit, so that those who failed together do not come back together. */
export function createRetryPolicy(options: RetryOptions = {}): RetryPolicy {
  const { maxAttempts = 3, baseMs = 100, random = Math.random } = options;
  const clock = options.clock ?? monotonicClock;
  const calls = createRecent(clock);
  const repetitions = createRecent(clock);

  return {
    noteCall: calls.add,
    takeRepetition() {
      if (repetitions.count() >= Math.max(AT_LEAST, calls.count() * SHARE)) return false;
      repetitions.add();
      return true;
    },
    pauseMs: (attempts) => random() * Math.min(baseMs * 2 ** (attempts - 1), LONGEST_PAUSE_MS),
    maxAttempts,
  };
}

/** Counts what happened of late. */
function createRecent(clock: Clock) {
  let times: number[] = [];
  /** Those before are too old. */
  let first = 0;

  function forgetOld(): void {
    const since = clock() - WINDOW_MS;
    while (first < times.length && (times[first] as number) <= since) first++;
    if (first < 64 || first * 2 < times.length) return;
    times = times.slice(first);
    first = 0;
  }

  return {
    add(): void {
      forgetOld();
      times.push(clock());
    },
    count(): number {
      forgetOld();
      return times.length - first;
    },
  };
}
