import type { Clock } from './clock.ts';

/** An absurd `Retry-After` must not silence the gateway for a day. */
export const MAX_BACKOFF_MS = 60_000;
/** A longer backoff is probed: the user API may accept calls long before its end. */
const PROBED_FROM_MS = 10_000;
const PROBE_EVERY_MS = 5_000;
/** A claimed probe that has not left by then can be claimed again. */
const CLAIM_LASTS_MS = 1_000;

/** The backoff after "too many calls". During a long one, one call every few seconds probes whether it is over. */
export interface Backoff {
  /** Milliseconds until its end; 0 where there is none. */
  remainingMs(): number;
  /** When the latest ended, or is to end. */
  until(): number;
  /** Milliseconds until a call may leave: at its end, or as a probe. */
  waitMs(): number;
  /** True once for each probe that is due: for a request whose deadline comes before the end. */
  claimProbe(): boolean;
  /** Call for each call that leaves. @returns true where it is a probe. */
  enter(): boolean;
  /** The response was "too many calls". What a probe finds replaces what was known. @returns true where there was no backoff. */
  begin(retryAfterMs: number, isProbe: boolean): boolean;
  /** Other processes were asked to back off until then. */
  extend(until: number): void;
  /** A probe was accepted. */
  end(): void;
}

export function createBackoff(clock: Clock): Backoff {
  let until = Number.NEGATIVE_INFINITY;
  let probeAt = Number.POSITIVE_INFINITY;
  let claimedUntil = Number.NEGATIVE_INFINITY;
  const remainingMs = () => Math.max(0, until - clock());

  return {
    remainingMs,
    until: () => until,
    waitMs: () => Math.min(remainingMs(), Math.max(0, probeAt - clock())),
    claimProbe() {
      const now = clock();
      if (remainingMs() === 0 || now < probeAt || now < claimedUntil) return false;
      claimedUntil = now + CLAIM_LASTS_MS;
      return true;
    },
    enter() {
      if (remainingMs() === 0) return false;
      probeAt = clock() + PROBE_EVERY_MS;
      return true;
    },
    begin(retryAfterMs, isProbe) {
      const now = clock();
      const isNew = now >= until;
      const end = now + Math.min(retryAfterMs, MAX_BACKOFF_MS);
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

/** The backoff of the other processes, which probe a long one by themselves. */
export const sharedBackoffMs = (retryAfterMs: number): number =>
  retryAfterMs > PROBED_FROM_MS ? PROBE_EVERY_MS : retryAfterMs;
