import type { Clock } from './clock.ts';

/** An absurd `Retry-After` must not silence the gateway for a day. */
export const LONGEST_PAUSE_MS = 60_000;
/** A longer pause is probed: the user API may be back long before its end. */
const PROBED_FROM_MS = 10_000;
const PROBE_EVERY_MS = 5_000;
/** A claimed probe that has not left by then can be claimed again. */
const CLAIM_LASTS_MS = 1_000;

/** A pause that the user API asked for with "too many calls". While it is long, one call every few seconds probes whether it is over. */
export interface Pause {
  /** Milliseconds until its end; 0 where there is none. */
  leftMs(): number;
  /** When the latest ended, or is to end. */
  until(): number;
  /** Milliseconds until a call may leave: at its end, or as a probe. */
  waitMs(): number;
  /** True once for each probe that is due: for a request that cannot wait for the end. */
  claimProbe(): boolean;
  /** To be called with each call that leaves. @returns true where it is a probe. */
  take(): boolean;
  /** The answer was "too many calls". What a probe was answered replaces what was known. @returns true where there was no pause. */
  begin(retryAfterMs: number, isProbe: boolean): boolean;
  /** Others were asked for a pause until then. */
  extend(until: number): void;
  /** A probe was answered. */
  end(): void;
}

export function createPause(clock: Clock): Pause {
  let until = Number.NEGATIVE_INFINITY;
  let probeAt = Number.POSITIVE_INFINITY;
  let claimedUntil = Number.NEGATIVE_INFINITY;
  const leftMs = () => Math.max(0, until - clock());

  return {
    leftMs,
    until: () => until,
    waitMs: () => Math.min(leftMs(), Math.max(0, probeAt - clock())),
    claimProbe() {
      const now = clock();
      if (leftMs() === 0 || now < probeAt || now < claimedUntil) return false;
      claimedUntil = now + CLAIM_LASTS_MS;
      return true;
    },
    take() {
      if (leftMs() === 0) return false;
      probeAt = clock() + PROBE_EVERY_MS;
      return true;
    },
    begin(retryAfterMs, isProbe) {
      const now = clock();
      const isNew = now >= until;
      const end = now + Math.min(retryAfterMs, LONGEST_PAUSE_MS);
      until = isProbe ? end : Math.max(until, end);
      probeAt = until > now + PROBED_FROM_MS ? now + PROBE_EVERY_MS : Number.POSITIVE_INFINITY;
      return isNew;
    },
    extend(end) {
      until = Math.max(until, end);
    },
    end() {
      until = Math.min(until, clock());
    },
  };
}

/** How long others are told to stay away, who probe a long pause by themselves. */
export const pauseForOthers = (retryAfterMs: number): number =>
  retryAfterMs > PROBED_FROM_MS ? PROBE_EVERY_MS : retryAfterMs;
