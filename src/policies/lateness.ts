/** A call can arrive later than it left, and then the next comes closer behind it. Longer delays are the API's own work. */
export const MOST_LATENESS_MS = 100;
/** Until so many answers are in, the fastest of them may not be the fastest there is, and the whole time counts as lateness. */
const TRUSTED_ANSWERS = 15;
/** By how much the fastest is taken to have slowed down with each answer. */
const FORGETTING = 1.0005;

/** Estimates how late calls may have arrived: as how much slower their answers were than the fastest of late. */
export interface Lateness {
  /** Takes note of an answer. @param tookMs from when its call left. */
  note(tookMs: number): void;
  /** How late a call may have arrived, in milliseconds, as far as is known now. @param tookMs infinite while it is under way. */
  of(tookMs: number): number;
}

export function createLateness(): Lateness {
  let fastestMs = Number.POSITIVE_INFINITY;
  let answers = 0;

  return {
    note(tookMs) {
      // The fastest is forgotten within minutes, since networks change.
      fastestMs = Math.min(tookMs, fastestMs * FORGETTING);
      answers++;
    },
    of(tookMs) {
      const usualMs = answers < TRUSTED_ANSWERS ? 0 : fastestMs;
      return Math.max(0, Math.min(tookMs - usualMs, MOST_LATENESS_MS));
    },
  };
}
