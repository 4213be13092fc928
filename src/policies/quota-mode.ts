import type { Clock } from './clock.ts';
import { MOST_LATENESS_MS } from './lateness.ts';
import { type OwnQuota, WINDOW_MS } from './quota.ts';
import { createShare } from './share.ts';
import type { SlotLog } from './slot-log.ts';

/** How this process finds out when a call may leave. */
export type QuotaMode =
  /** By the log. */
  | 'distributed'
  /** By its share of the quota: the log is away. */
  | 'fallback'
  /** By both: the log is back, but others may not have noticed. */
  | 'recovering';

export interface QuotaModes {
  readonly mode: QuotaMode;
  /** The share that is kept in every mode but `distributed`. */
  readonly share: OwnQuota;
  /** Until when calls that others made by the log may count. */
  readonly waitUntil: number;
  /** Finds out what has become of the log. @returns the mode that is in force now. */
  update(): QuotaMode;
  /** True where the log has given nothing for a while, and one reservation is due to find out whether it gives something again. */
  isTrialDue(): boolean;
  /** To be called when a reservation has failed. @returns whether the log is still trusted: then it is soon asked again. */
  failed(): boolean;
  /** To be called when one was made; `wasTrial` where that was to find out whether there are any. */
  answered(wasTrial?: boolean): void;
}

/**
 * So long reservations may fail before the log counts as away, also where it says that it is there: others, who have not asked
 * meanwhile, still go by it.
 */
const MOST_FAILING_MS = 1_000;
/** Such a log is tried again so often. */
const TRY_AGAIN_MS = 1_000;
/** One that has come back and gone away again is not tried for so long: each attempt that fails costs a few calls. */
const FLAPPING_MS = 3_000;
/** All calls that others made by the log have arrived a second ago. */
export const WAIT_OUT_MS = WINDOW_MS + MOST_LATENESS_MS;
/** How long the log has to be reachable without a break before a process goes by it alone. */
const RECOVERING_MS = 8_000;
/** Another process may have noticed so much earlier that the log is back, and may stop keeping its share so much earlier. */
const SKEW_MS = 1_500;

export interface QuotaModesOptions {
  log: SlotLog;
  callsPerSecond: number;
  clock: Clock;
  onMode(mode: QuotaMode): void;
}

/**
 * Where the log is away, each process waits until the calls of others count no more, and then keeps its share of the quota. When the log
 * is back it keeps both for some seconds, until the others are back as well. A log that goes away again within that time changes
 * nothing: all keep their shares, so there is nothing to wait for, and the share stays the least that each gets.
 */
export function createQuotaModes({ log, callsPerSecond, clock, onMode }: QuotaModesOptions): QuotaModes {
  let mode: QuotaMode = 'recovering';
  let shareOf = log.replicas();
  let share = createShare(callsPerSecond, shareOf, clock);
  /** Since when the log can be used again, as known at the latest. */
  let backSince = Number.NEGATIVE_INFINITY;
  /** The same where this process has come from the fallback, and does not go by the log alone yet. */
  let returnedAt: number | undefined;
  let waitUntil = Number.NEGATIVE_INFINITY;
  /** When to try again a log that gave nothing; `undefined` where it is trusted. */
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
      // In the fallback again there is nothing to wait for; so a log that may have gone away again is not waited for either.
      const isGivenUp = doAllKeepShares(now) || now >= failingSince + MOST_FAILING_MS;
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
    const since = log.reachableSince();
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
      shareOf = log.replicas();
      share = createShare(callsPerSecond, shareOf, clock);
    }
    returnedAt = mode === 'fallback' ? backSince : undefined;
    mode = next;
    onMode(mode);
  }

  /** Until then no process goes by the log alone. With a new process among them, the shares are too large. */
  function doAllKeepShares(now: number): boolean {
    return returnedAt !== undefined && now < returnedAt + RECOVERING_MS - SKEW_MS && log.replicas() <= shareOf;
  }
}
