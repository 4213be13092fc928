import { type Clock, monotonicClock } from './clock.ts';
import { createLateness, MOST_LATENESS_MS } from './lateness.ts';
import { LONGEST_PAUSE_MS, type Quota, type Slot, WINDOW_MS } from './quota.ts';
import { createReservedSlot } from './reserved-slot.ts';
import { createShare } from './share.ts';
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

/**
 * So late a turn may be used, by a process that is busy: the log is told when the call has really left, long before anybody else
 * counts on its end. One that is older is given back.
 */
const TURN_LASTS_MS = 250;
/**
 * So long reservations may fail before the log counts as away, also where it says that it is there: others, who have not asked
 * meanwhile, still go by it.
 */
const MOST_FAILING_MS = 1_000;
/** How often to ask meanwhile. */
const RETRY_MS = 20;
/** Such a log is tried again so often. */
const TRY_AGAIN_MS = 1_000;
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
  let share = createShare(callsPerSecond, log.replicas(), clock);
  let waitUntil = Number.NEGATIVE_INFINITY;
  /** When to try again a log that gave nothing; `undefined` where it is trusted. */
  let tryAgainAt: number | undefined;
  let trustedSince = Number.NEGATIVE_INFINITY;

  let reservation: Reservation | undefined;
  let asking: Promise<void> | undefined;
  let failingSince: number | undefined;

  let latest = { inUse: 0, limit: callsPerSecond, contenders: 1, others: 0, at: Number.NEGATIVE_INFINITY };
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let underWay = 0;
  let takenAt: number[] = [];
  let lastLeftAt = Number.NEGATIVE_INFINITY;
  const pausedMs = () => Math.max(0, pausedUntil - clock());

  return {
    waitMs,
    take() {
      const parts: Slot[] = [];
      if (mode !== 'shared') parts.push(share.take());
      if (mode !== 'alone' && reservation) parts.push(createReservedSlot(reservation, { log, lateness, clock }));
      reservation = undefined;
      underWay++;
      if (takenAt.length > callsPerSecond) takenAt = takenAt.filter((at) => at > clock() - WINDOW_MS);
      takenAt.push(clock());
      return {
        left() {
          lastLeftAt = clock();
          for (const part of parts) part.left();
        },
        done(wasAnswered) {
          underWay--;
          for (const part of parts) part.done(wasAnswered);
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
      const { limit, others, contenders } = latestAt(now);
      // Where others leave more than an equal part, that is there as well.
      const turnMs = WINDOW_MS / Math.max(limit / contenders, limit - others);
      const logMs = mode === 'alone' ? 0 : Math.max(0, (reservation?.leaveAt ?? now) - now) + (calls - 1) * turnMs;
      return Math.max(pausedMs(), shareMs, logMs);
    },
    pausedMs,
    hasPausedSince: (at) => pausedUntil > at,
    hasSpare() {
      if (mode === 'alone') return clock() >= waitUntil && share.hasSpare();
      const { inUse, limit } = latestAt(clock());
      return pausedMs() === 0 && inUse * 2 < limit;
    },
    usage() {
      const now = clock();
      takenAt = takenAt.filter((at) => at > now - WINDOW_MS);
      const { limit } = mode === 'alone' ? share.usage() : latestAt(now);
      return { inUse: takenAt.length, limit: Math.floor(limit) };
    },
    isIdle() {
      // A turn that nobody took is over by itself.
      const isReserved = reservation !== undefined && clock() <= reservation.leaveAt + TURN_LASTS_MS;
      const isUsed = underWay > 0 || isReserved || asking !== undefined;
      return !isUsed && pausedMs() === 0 && share.isIdle() && clock() >= lastLeftAt + WAIT_OUT_MS;
    },
  };

  /** What the log told at the latest, as far as it still holds: its calls count for a second, and a lower limit grows back. */
  function latestAt(now: number) {
    const { inUse, contenders, others, at } = latest;
    const limit = Math.floor(Math.min(callsPerSecond, latest.limit + Math.max(0, now - at) / 1_000));
    return now < at + WINDOW_MS ? { inUse, contenders, others, limit } : { inUse: 0, contenders: 1, others: 0, limit };
  }

  function waitMs(): number | Promise<void> {
    const now = clock();
    enter(modeAt(now));
    const shareMs = mode === 'shared' ? 0 : Math.max(waitUntil - now, share.waitMs(), 0);
    if (mode === 'alone') {
      if (tryAgainAt !== undefined && now >= tryAgainAt) void tryAgain(now);
      return Math.max(shareMs, pausedMs());
    }
    // Reserved only when the share allows a call: a reservation does not keep.
    if (shareMs > 0) return shareMs;
    const restMs = pausedMs();
    // A turn may be too old, or reserved before the user API asked for a pause.
    if (reservation && (restMs > 0 || now > reservation.leaveAt + TURN_LASTS_MS)) {
      reservation.giveBack();
      reservation = undefined;
    }
    if (restMs > 0) return restMs;
    return reservation ? Math.max(reservation.leaveAt - now, 0) : reserve();
  }

  function modeAt(now: number): QuotaMode {
    const since = log.reachableSince();
    if (since === undefined || tryAgainAt !== undefined) return 'alone';
    return now < Math.max(since, trustedSince) + RETURNING_MS ? 'returning' : 'shared';
  }

  function enter(next: QuotaMode): void {
    if (next === mode) return;
    if (next === 'alone') {
      reservation = undefined;
      waitUntil = clock() + WAIT_OUT_MS;
    }
    if (next === 'alone' || mode === 'shared') share = createShare(callsPerSecond, log.replicas(), clock);
    mode = next;
    onMode(mode);
  }

  function reserve(): Promise<void> {
    asking ??= log
      .reserve()
      .then(note, async () => {
        const now = clock();
        failingSince ??= now;
        if (now >= failingSince + MOST_FAILING_MS) tryAgainAt = now + TRY_AGAIN_MS;
        else await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
      })
      .finally(() => {
        asking = undefined;
      });
    return asking;
  }

  /** While calls leave by the share. */
  async function tryAgain(now: number): Promise<void> {
    tryAgainAt = now + TRY_AGAIN_MS;
    const trial = await log.reserve().catch(() => undefined);
    if (!trial) return;
    trial.giveBack();
    failingSince = undefined;
    tryAgainAt = undefined;
    trustedSince = clock();
  }

  function note(reserved: Reservation): void {
    failingSince = undefined;
    const now = clock();
    const { inUse, limit, contenders } = reserved;
    const own = takenAt.filter((at) => at > now - WINDOW_MS).length + 1;
    latest = { inUse, limit, contenders, others: Math.max(0, inUse - own), at: now };
    pausedUntil = Math.max(pausedUntil, reserved.pausedUntil);
    reservation = reserved;
  }
}
