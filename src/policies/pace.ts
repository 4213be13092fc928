import { type Clock, monotonicClock } from './clock.ts';

/** Hands out turns at an even pace. */
export interface Pace {
  /** @returns milliseconds until this turn; `undefined` where too many wait already. Turns once handed out are not given back. */
  nextTurn(): number | undefined;
}

/**
 * @param perSecond turns in a second; as many may be taken at once after a quiet time.
 * @param mostWaiting turns handed out ahead of time at most.
 */
export function createPace(perSecond: number, mostWaiting: number, clock: Clock = monotonicClock): Pace {
  /** When the next turn would be, had all turns been even. */
  let nextAt = Number.NEGATIVE_INFINITY;
  return {
    nextTurn() {
      const now = clock();
      const stepMs = 1_000 / perSecond;
      const at = Math.max(nextAt, now - (perSecond - 1) * stepMs);
      if (at - now > mostWaiting * stepMs) return undefined;
      nextAt = at + stepMs;
      return Math.max(0, at - now);
    },
  };
}
