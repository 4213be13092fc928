import { type Clock, monotonicClock } from './clock.ts';

/** Spaces calls evenly. */
export interface Pace {
  /**
   * @param withinMs the longest acceptable delay. @default no limit
   * @returns milliseconds until the permit; `undefined` where it would come later. Permits cannot be returned.
   */
  nextPermit(withinMs?: number): number | undefined;
}

/** @param perSecond permits in a second; as many can be acquired at once after a quiet time. */
export function createPace(perSecond: number, clock: Clock = monotonicClock): Pace {
  /** When the next permit would come, had all been evenly spaced. */
  let nextAt = Number.NEGATIVE_INFINITY;
  return {
    nextPermit(withinMs = Number.POSITIVE_INFINITY) {
      const now = clock();
      const stepMs = 1_000 / perSecond;
      const at = Math.max(nextAt, now - (perSecond - 1) * stepMs);
      if (at - now > withinMs) return undefined;
      nextAt = at + stepMs;
      return Math.max(0, at - now);
    },
  };
}
