import { type Clock, monotonicClock } from './clock.ts';
import { createLateness } from './lateness.ts';
import { createPause } from './pause.ts';
import { type Quota, WINDOW_MS } from './quota.ts';
import { createQuotaModes, type QuotaMode, WAIT_OUT_MS } from './quota-mode.ts';
import { createReservedSlot } from './reserved-slot.ts';
import type { Reservation, SlotLog } from './slot-log.ts';

export type { QuotaMode };

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
/** How often to ask a log that fails. */
const RETRY_MS = 20;

/**
 * One quota for several processes. Each call is reserved in a log that they share; so all of them together keep the quota, and take
 * turns where they are busy.
 *
 * While the log is away each keeps its share of the quota, see `createQuotaModes`.
 */
export function createSharedQuota(options: SharedQuotaOptions): Quota {
  const { log, callsPerSecond = 15, onMode = () => {} } = options;
  const clock = options.clock ?? monotonicClock;
  const lateness = createLateness();
  const modes = createQuotaModes({ log, callsPerSecond, clock, onMode });
  let reservation: Reservation | undefined;
  let asking: Promise<void> | undefined;

  let latest = { inUse: 0, limit: callsPerSecond, contenders: 1, others: 0, at: Number.NEGATIVE_INFINITY };
  const pause = createPause(clock);
  let underWay = 0;
  let takenAt: number[] = [];
  let lastLeftAt = Number.NEGATIVE_INFINITY;

  return {
    waitMs,
    take() {
      const { mode } = modes;
      const ofShare = mode === 'distributed' ? undefined : modes.share.take();
      const reserved =
        mode !== 'fallback' && reservation ? createReservedSlot(reservation, { log, lateness, clock }) : undefined;
      const parts = [ofShare, reserved].filter((part) => part !== undefined);
      reservation = undefined;
      const isProbe = pause.take();
      let hasLeft = false;
      let isRefused = false;
      underWay++;
      if (takenAt.length > callsPerSecond) takenAt = takenAt.filter((at) => at > clock() - WINDOW_MS);
      takenAt.push(clock());
      return {
        left() {
          hasLeft = true;
          lastLeftAt = clock();
          for (const part of parts) part.left();
        },
        done(wasAnswered = true) {
          underWay--;
          if (isProbe && hasLeft && wasAnswered && !isRefused) pause.end();
          for (const part of parts) part.done(wasAnswered);
        },
        refused(retryAfterMs) {
          isRefused = true;
          pause.begin(retryAfterMs, isProbe);
          ofShare?.refused(retryAfterMs);
          // That a pause lasts is no news to the others.
          if (!isProbe) reserved?.refused(retryAfterMs);
        },
      };
    },
    estimateMs(calls) {
      const now = clock();
      const { mode, share, waitUntil } = modes;
      const shareMs = mode === 'distributed' ? 0 : Math.max(0, waitUntil - now) + share.estimateMs(calls);
      const { limit, others, contenders } = latestAt(now);
      // Where others leave more than an equal part, that is there as well.
      const turnMs = WINDOW_MS / Math.max(limit / contenders, limit - others);
      const logMs = mode === 'fallback' ? 0 : Math.max(0, (reservation?.leaveAt ?? now) - now) + (calls - 1) * turnMs;
      return Math.max(pause.waitMs(), shareMs, logMs);
    },
    pausedMs: pause.leftMs,
    claimProbe: pause.claimProbe,
    hasPausedSince: (at) => pause.until() > at,
    hasSpare() {
      if (modes.mode === 'fallback') return clock() >= modes.waitUntil && modes.share.hasSpare();
      const { inUse, limit } = latestAt(clock());
      return pause.leftMs() === 0 && inUse * 2 < limit;
    },
    usage() {
      const now = clock();
      takenAt = takenAt.filter((at) => at > now - WINDOW_MS);
      const { limit } = modes.mode === 'fallback' ? modes.share.usage() : latestAt(now);
      return { inUse: takenAt.length, limit: Math.floor(limit) };
    },
    isIdle() {
      // A turn that nobody took is over by itself.
      const isReserved = reservation !== undefined && clock() <= reservation.leaveAt + TURN_LASTS_MS;
      const isUsed = underWay > 0 || isReserved || asking !== undefined;
      return !isUsed && pause.leftMs() === 0 && modes.share.isIdle() && clock() >= lastLeftAt + WAIT_OUT_MS;
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
    const mode = modes.update();
    const shareMs = mode === 'distributed' ? 0 : Math.max(modes.waitUntil - now, modes.share.waitMs(), 0);
    if (mode === 'fallback') {
      reservation = undefined;
      if (modes.isTrialDue()) void tryAgain();
      return Math.max(shareMs, pause.waitMs());
    }
    // Reserved only when the share allows a call: a reservation does not keep.
    if (shareMs > 0) return shareMs;
    const restMs = pause.waitMs();
    // A turn may be too old, or reserved before the user API asked for a pause.
    if (reservation && (restMs > 0 || now > reservation.leaveAt + TURN_LASTS_MS)) {
      reservation.giveBack();
      reservation = undefined;
    }
    if (restMs > 0) return restMs;
    return reservation ? Math.max(reservation.leaveAt - now, 0) : reserve();
  }

  function reserve(): Promise<void> {
    asking ??= log
      .reserve()
      .then(note, async () => {
        if (modes.failed()) await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
      })
      .finally(() => {
        asking = undefined;
      });
    return asking;
  }

  /** While calls leave by the share. */
  async function tryAgain(): Promise<void> {
    const trial = await log.reserve().catch(() => undefined);
    if (!trial) return;
    trial.giveBack();
    modes.answered(true);
  }

  function note(reserved: Reservation): void {
    modes.answered();
    const now = clock();
    const { inUse, limit, contenders } = reserved;
    const own = takenAt.filter((at) => at > now - WINDOW_MS).length + 1;
    latest = { inUse, limit, contenders, others: Math.max(0, inUse - own), at: now };
    pause.extend(reserved.pausedUntil);
    reservation = reserved;
  }
}
