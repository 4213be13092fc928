/** A call can arrive later than it left, and then the next follows it more closely. Longer delays are processing time of the API. */
export const MAX_SKEW_MS = 100;
/** Until so many responses have come, the fastest of them may not be the fastest there is, and the whole duration counts as skew. */
const TRUSTED_RESPONSES = 15;
/** The fastest duration decays by this factor with each response, within minutes, since networks change. */
const DECAY = 1.0005;

/** Estimates how late calls may have arrived: by how much their responses were slower than the fastest recent one. */
export interface SkewEstimate {
  /** @param tookMs from when the call left until its response. */
  record(tookMs: number): void;
  /** How late a call may have arrived, in milliseconds. @param tookMs infinite while it is in flight. */
  of(tookMs: number): number;
}

export function createSkewEstimate(): SkewEstimate {
  let fastestMs = Number.POSITIVE_INFINITY;
  let responses = 0;

  return {
    record(tookMs) {
      fastestMs = Math.min(tookMs, fastestMs * DECAY);
      responses++;
    },
    of(tookMs) {
      const usualMs = responses < TRUSTED_RESPONSES ? 0 : fastestMs;
      return Math.max(0, Math.min(tookMs - usualMs, MAX_SKEW_MS));
    },
  };
}
