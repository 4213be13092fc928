import type { Clock } from './clock.ts';
import type { RateLimitStore } from './rate-limit-store.ts';
import { type LocalRateLimiter, WINDOW_MS } from './rate-limiter.ts';
import { createShare } from './share.ts';
import { MAX_SKEW_MS } from './skew.ts';

/** What decides when a call of this process may leave. */
export type QuotaMode =
  /** the store. */
  | 'distributed'
  /** its share of the rate limit, while the store is away. */
  | 'fallback'
  /** both. The store is back, but other processes may not have noticed. */
  | 'recovering';

export interface QuotaModes {
  readonly mode: QuotaMode;
  /** The share that is kept in every mode but `shared`. */
  readonly share: LocalRateLimiter;
  /** Until when calls that others reserved in the store may count. */
  readonly waitUntil: number;
  /** Checks the store. @returns the current mode. */
  update(): QuotaMode;
  /** True where the store has failed for a while, and a trial reservation is due. */
  isTrialDue(): boolean;
  /** Call when a reservation has failed. @returns whether the store is still trusted: then the reservation is soon retried. */
  failed(): boolean;
  /** Call when one was made. @param wasTrial true for a trial reservation. */
  answered(wasTrial?: boolean): void;
}

/** How long reservations may fail before the store counts as away, even where it is reachable: other processes still rely on it. */
const MAX_FAILING_MS = 1_000;
/** Interval of trial reservations. */
const TRY_AGAIN_MS = 1_000;
/** No trial for so long after a store came back and went away again: each attempt that fails costs a few calls. */
const FLAPPING_MS = 3_000;
/** After this, calls that others reserved in the store count no more. */
export const WAIT_OUT_MS = WINDOW_MS + MAX_SKEW_MS;
/** How long the store has to be reachable without interruption before a process relies on it alone. */
const RECOVERING_MS = 8_000;
/** How much earlier another process may have noticed that the store is back, and stop keeping its share. */
const NOTICE_SKEW_MS = 1_500;

export interface QuotaModesOptions {
  store: RateLimitStore;
  callsPerSecond: number;
  clock: Clock;
  onMode(mode: QuotaMode): void;
}

/**
 * While the store is away, each process waits until the calls of others count no more, and then keeps its share of the rate limit. When
 * the store is back, it keeps both for some seconds, until the others have noticed. A store that goes away again within that time changes
 * nothing: all processes keep their shares, so there is nothing to wait for, and each gets at least its share.
 */
export function createQuotaModes({ store, callsPerSecond, clock, onMode }: QuotaModesOptions): QuotaModes {
  let mode: QuotaMode = 'recovering';
  let shareOf = store.replicas();
  let share = createShare(callsPerSecond, shareOf, clock);
  /** Since when the store can be used again, as far as is known. */
  let backSince = Number.NEGATIVE_INFINITY;
  /** The same where this process has come from the fallback, and does not rely on the store alone yet. */
  let returnedAt: number | undefined;
  let waitUntil = Number.NEGATIVE_INFINITY;
  /** When the next trial reservation is due; `undefined` where the store is trusted. */
  let tryAgainAt: number | undefined;
  let trustedSince = Number.NEGATIVE_INFINITY;
  let failingSince: number | undefined;

  return {
    get mode() {
      return mode;
    },
    get share() {
      return share;
    },
    get waitUntil() {
      return waitUntil;
    },
    update() {
      enter(modeAt(clock()));
      return mode;
    },
    isTrialDue() {
      const now = clock();
      if (tryAgainAt === undefined || now < tryAgainAt) return false;
      tryAgainAt = now + TRY_AGAIN_MS;
      return true;
    },
    failed() {
      const now = clock();
      failingSince ??= now;
      // Back in the fallback there is nothing to wait for, so a store that may be away again is not waited for either.
      const isGivenUp = doAllKeepShares(now) || now >= failingSince + MAX_FAILING_MS;
      if (isGivenUp) tryAgainAt = now + TRY_AGAIN_MS;
      return !isGivenUp;
    },
    answered(wasTrial = false) {
      failingSince = undefined;
      if (!wasTrial) return;
      tryAgainAt = undefined;
      trustedSince = clock();
    },
  };

  function modeAt(now: number): QuotaMode {
    const since = store.reachableSince();
    if (since === undefined || tryAgainAt !== undefined) return 'fallback';
    backSince = Math.max(since, trustedSince);
    return now < backSince + RECOVERING_MS ? 'recovering' : 'distributed';
  }

  function enter(next: QuotaMode): void {
    if (next === mode) return;
    const now = clock();
    const isKept = doAllKeepShares(now);
    if (next === 'fallback') {
      if (isKept) tryAgainAt = now + FLAPPING_MS;
      else waitUntil = now + WAIT_OUT_MS;
    }
    if ((next === 'fallback' && !isKept) || mode === 'distributed') {
      shareOf = store.replicas();
      share = createShare(callsPerSecond, shareOf, clock);
    }
    returnedAt = mode === 'fallback' ? backSince : undefined;
    mode = next;
    onMode(mode);
  }

  /** Until then no process relies on the store alone. With a new process among them, the shares are too large. */
  function doAllKeepShares(now: number): boolean {
    return returnedAt !== undefined && now < returnedAt + RECOVERING_MS - NOTICE_SKEW_MS && store.replicas() <= shareOf;
  }
}
