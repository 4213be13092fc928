import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { MAX_SKEW_MS } from '../../src/policies/skew.ts';

/**
 * Knows when this process, and most likely the whole machine, stood still for longer than a quota counts on. What a sandbox in this
 * process saw then came together that had been sent apart: such a second tells nothing of whoever sent it.
 */
export interface Stalls {
  /** The largest number of arrivals in any sliding second without a stall, on the clock of `performance.now()`. */
  mostInAnySecond(arrivals: readonly number[]): number;
  /** Resolves with the start of a stretch of this length, ending now, without a stall; `undefined` where none comes in a minute. */
  calmStretch(ms: number): Promise<number | undefined>;
}

/** Why a test is skipped. */
export const NO_CALM = 'This machine stands still too often for calls a second to tell anything.';

const TICK_MS = 10;
const LONGEST_SEARCH_MS = 60_000;

export function watchStalls(): Stalls {
  const stalls: { from: number; to: number }[] = [];
  let lastTick = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - lastTick > MAX_SKEW_MS) stalls.push({ from: lastTick, to: now });
    lastTick = now;
  }, TICK_MS);
  onTestFinished(() => clearInterval(timer));

  return {
    mostInAnySecond(arrivals) {
      const sorted = arrivals.toSorted((a, b) => a - b);
      const seconds = sorted.filter((end) => !stalls.some(({ from, to }) => from < end && to > end - 1_000));
      return Math.max(0, ...seconds.map((end) => sorted.filter((at) => at <= end && at > end - 1_000).length));
    },
    async calmStretch(ms) {
      const startedAt = performance.now();
      let from = startedAt;
      while (performance.now() < from + ms) {
        if (from > startedAt + LONGEST_SEARCH_MS) return undefined;
        await delay(5 * TICK_MS);
        from = Math.max(from, ...stalls.map(({ to }) => to));
      }
      return from;
    },
  };
}
