import { type Clock, monotonicClock } from './clock.ts';
import { createLateness, MOST_LATENESS_MS } from './lateness.ts';
import { createQuota, LONGEST_PAUSE_MS, type OwnQuota, type Quota, type Slot, WINDOW_MS } from './quota.ts';
import type { Reservation, SlotLog } from './slot-log.ts';

/** How this process finds out when a call may leave. */
export type QuotaMode =
  /** By the log. */
  | 'shared'
  /** By its share of the quota: the log is away. */
  | 'alone'
  /** By both: the log is back, but others may not have noticed. */
  | 'returning';

export interface SharedQuotaOptions {
  log: SlotLog;
  /** Calls allowed in any one second, over all processes. @default 15 */
  callsPerSecond?: number | undefined;
  clock?: Clock | undefined;
  onMode?: ((mode: QuotaMode) => void) | undefined;
}

/** A turn that is used later than this is given back, since the call would arrive later than the log counts on. */
const TURN_LASTS_MS = 50;
/** A call that waits for a token is kept in the log by telling it so often that it is still to come. */
const STILL_TO_COME_MS = 500;
/** After a reservation that failed. */
const ASK_AGAIN_MS = 20;
/** So long reservations may fail before the log counts as away: others, who have not asked meanwhile, still go by it. */
const MOST_FAILING_MS = 1_000;
/** A log that can be reached and still gives nothing is left alone for so long. */
const LEFT_ALONE_MS = 10_000;
/** All calls that others made by the log have arrived a second ago. */
const WAIT_OUT_MS = WINDOW_MS + MOST_LATENESS_MS;
/** Longer than others take to notice that the log is back, and a second more. */
const RETURNING_MS = 2_500;

/**
 * One quota for several processes. Each call is reserved in a log that they share; so all of them together keep the quota, and take
 * turns where they are busy.
 *
 * Where the log is away, each waits until the calls of others count no more, and then keeps its share of the quota. When the log
 * is back it keeps both for a while, until the others are back as well.
 */
export function createSharedQuota(options: SharedQuotaOptions): Quota {
  const { log, callsPerSecond = 15, onMode = () => {} } = options;
  const clock = options.clock ?? monotonicClock;
  const lateness = createLateness();

  let mode: QuotaMode = 'returning';
  let share = createShare();
  let waitUntil = Number.NEGATIVE_INFINITY;
  let leftAloneUntil = Number.NEGATIVE_INFINITY;

  let reservation: Reservation | undefined;
  let asking: Promise<void> | undefined;
  let failingSince: number | undefined;
  let askAgainAt = Number.NEGATIVE_INFINITY;

  let latest = { inUse: 0, limit: callsPerSecond, contenders: 1, at: Number.NEGATIVE_INFINITY };
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let underWay = 0;
  let lastLeftAt = Number.NEGATIVE_INFINITY;

  return {
    waitMs,
    take() {
      const parts: Slot[] = [];
      if (mode !== 'shared') parts.push(share.take());
      if (mode !== 'alone' && reservation) parts.push(slotOf(reservation));
      reservation = undefined;
      return {
        left() {
          for (const part of parts) part.left();
        },
        done() {
          for (const part of parts) part.done();
        },
        refused(retryAfterMs) {
          pausedUntil = Math.max(pausedUntil, clock() + Math.min(retryAfterMs, LONGEST_PAUSE_MS));
          for (const part of parts) part.refused(retryAfterMs);
        },
      };
    },
    estimateMs(calls) {
      const now = clock();
      const shareMs = mode === 'shared' ? 0 : Math.max(0, waitUntil - now) + share.estimateMs(calls);
      const turnMs = (WINDOW_MS * latest.contenders) / Math.max(1, Math.floor(latest.limit));
      const logMs = mode === 'alone' ? 0 : Math.max(0, (reservation?.leaveAt ?? now) - now) + (calls - 1) * turnMs;
      return Math.max(pausedMs(), shareMs, logMs);
    },
    pausedMs,
    hasPausedSince: (at) => pausedUntil > at,
    hasSpare() {
      if (mode === 'alone') return clock() >= waitUntil && share.hasSpare();
      const isKnown = clock() < latest.at + WINDOW_MS;
      return pausedMs() === 0 && (!isKnown || latest.inUse * 2 < latest.limit);
    },
    isIdle() {
      const isUsed = underWay > 0 || reservation !== undefined || asking !== undefined;
      return !isUsed && pausedMs() === 0 && share.isIdle() && clock() >= lastLeftAt + WAIT_OUT_MS;
    },
  };

  function pausedMs(): number {
    return Math.max(0, pausedUntil - clock());
  }

  function waitMs(): number | Promise<void> {
    const now = clock();
    enter(modeAt(now));
    const shareMs = mode === 'shared' ? 0 : Math.max(waitUntil - now, share.waitMs(), 0);
    if (mode === 'alone') return Math.max(shareMs, pausedMs());
    // Reserved only when the share allows a call: a reservation does not keep.
    if (shareMs > 0) return shareMs;
    if (reservation && now > reservation.leaveAt + TURN_LASTS_MS) {
      reservation.giveBack();
      reservation = undefined;
    }
    if (reservation) return Math.max(reservation.leaveAt - now, 0);
    return now < askAgainAt ? askAgainAt - now : reserve();
  }

  function modeAt(now: number): QuotaMode {
    const since = log.reachableSince();
    if (since === undefined || now < leftAloneUntil) return 'alone';
    return now < since + RETURNING_MS ? 'returning' : 'shared';
  }

  function enter(next: QuotaMode): void {
    if (next === mode) return;
    if (next === 'alone') {
      reservation = undefined;
      waitUntil = clock() + WAIT_OUT_MS;
    }
    if (next === 'alone' || mode === 'shared') share = createShare();
    mode = next;
    onMode(mode);
  }

  function createShare(): OwnQuota {
    const calls = callsPerSecond / Math.max(1, log.replicas());
    return calls >= 1
      ? createQuota({ callsPerSecond: Math.floor(calls), clock })
      : createQuota({ callsPerSecond: 1, windowMs: Math.ceil(1 / calls) * WINDOW_MS, clock });
  }

  function reserve(): Promise<void> {
    asking ??= log
      .reserve()
      .then(note, noteFailure)
      .finally(() => {
        asking = undefined;
      });
    return asking;
  }

  function note(reserved: Reservation): void {
    failingSince = undefined;
    const { inUse, limit, contenders } = reserved;
    latest = { inUse, limit, contenders, at: clock() };
    pausedUntil = Math.max(pausedUntil, reserved.pausedUntil);
    reservation = reserved;
  }

  function noteFailure(): void {
    const now = clock();
    failingSince ??= now;
    askAgainAt = now + ASK_AGAIN_MS;
    if (now < failingSince + MOST_FAILING_MS) return;
    failingSince = undefined;
    leftAloneUntil = now + LEFT_ALONE_MS;
  }

  /** A call in the log: it counts until a second after it has arrived, as far as is known. */
  function slotOf({ settle, giveBack }: Reservation): Slot {
    let leftAt: number | undefined;
    underWay++;
    const stillToCome = setInterval(() => settle(clock() + 2 * STILL_TO_COME_MS), STILL_TO_COME_MS);
    settleIfLate();
    return {
      left() {
        clearInterval(stillToCome);
        leftAt = clock();
        lastLeftAt = leftAt;
        settle(leftAt + MOST_LATENESS_MS);
      },
      done() {
        clearInterval(stillToCome);
        underWay--;
        if (leftAt === undefined) {
          giveBack();
          return;
        }
        const tookMs = clock() - leftAt;
        lateness.note(tookMs);
        settle(leftAt + lateness.of(tookMs));
      },
      refused: log.pause,
    };

    /** Before anything else is waited for: a token may take longer than the log counts on. */
    function settleIfLate(): void {
      setImmediate(() => {
        if (leftAt === undefined) settle(clock() + 2 * STILL_TO_COME_MS);
      });
    }
  }
}
