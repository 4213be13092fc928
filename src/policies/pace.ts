import { type Clock, monotonicClock } from './clock.ts';

/** Hands out turns at an even pace. */
export interface Pace {
  /**
   * @param withinMs how long a turn is worth waiting for. @default for ever
   * @returns milliseconds until this turn; `undefined` where it would come later. Turns once handed out are not given back.
   */
  nextTurn(withinMs?: number): number | undefined;
}

/** @param perSecond turns in a second; as many may be taken at once after a quiet time. */
export function createPace(perSecond: number, clock: Clock = monotonicClock): Pace {
  /** When the next turn would be, had all turns been even. */
  let nextAt = Number.NEGATIVE_INFINITY;
  return {
    nextTurn(withinMs = Number.POSITIVE_INFINITY) {
      const now = clock();
      const stepMs = 1_000 / perSecond;
      const at = Math.max(nextAt, now - (perSecond - 1) * stepMs);
      if (at - now > withinMs) return undefined;
      nextAt = at + stepMs;
      return Math.max(0, at - now);
    },
  };
}
