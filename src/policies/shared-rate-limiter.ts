import { createBackoff } from './backoff.ts';
import { type Clock, monotonicClock } from './clock.ts';
import { createQuotaModes, type QuotaMode, WAIT_OUT_MS } from './quota-mode.ts';
import type { RateLimitStore, Reservation } from './rate-limit-store.ts';
import { type RateLimiter, WINDOW_MS } from './rate-limiter.ts';
import { createReservedPermit } from './reserved-permit.ts';
import { createSkewEstimate } from './skew.ts';

export type { QuotaMode };

export interface SharedRateLimiterOptions {
  store: RateLimitStore;
  /** Calls allowed in any one second, over all processes. @default 15 */
  callsPerSecond?: number | undefined;
  clock?: Clock | undefined;
  onMode?: ((mode: QuotaMode) => void) | undefined;
}

/**
 * How late a busy process may use a reservation: the store learns when the call has left, long before another process relies on its end.
 * An older one is released.
 */
const RESERVATION_LASTS_MS = 250;
/** Delay between attempts to reserve where the store fails. */
const RETRY_MS = 20;

/**
 * One rate limit for several processes. Each call is reserved in a store that they share: together they keep the rate limit, and take
 * turns where they are busy.
 *
 * While the store is away each process keeps its share of the rate limit, see `createQuotaModes`.
 */
export function createSharedRateLimiter(options: SharedRateLimiterOptions): RateLimiter {
  const { store, callsPerSecond = 15, onMode = () => {} } = options;
  const clock = options.clock ?? monotonicClock;
  const skew = createSkewEstimate();
  const modes = createQuotaModes({ store, callsPerSecond, clock, onMode });
  let reservation: Reservation | undefined;
  let reserving: Promise<void> | undefined;

  let latest = { inUse: 0, limit: callsPerSecond, contenders: 1, others: 0, at: Number.NEGATIVE_INFINITY };
  const backoff = createBackoff(clock);
  let inFlight = 0;
  let acquiredAt: number[] = [];
  let lastStartedAt = Number.NEGATIVE_INFINITY;

  return {
    waitMs,
    acquire() {
      const { mode } = modes;
      const ofShare = mode === 'distributed' ? undefined : modes.share.acquire();
      const reserved =
        mode !== 'fallback' && reservation ? createReservedPermit(reservation, { store, skew, clock }) : undefined;
      const parts = [ofShare, reserved].filter((part) => part !== undefined);
      reservation = undefined;
      const isProbe = backoff.enter();
      let hasStarted = false;
      let isRejected = false;
      inFlight++;
      if (acquiredAt.length > callsPerSecond) acquiredAt = acquiredAt.filter((at) => at > clock() - WINDOW_MS);
      acquiredAt.push(clock());
      return {
        start() {
          hasStarted = true;
          lastStartedAt = clock();
          for (const part of parts) part.start();
        },
        release(wasAnswered = true) {
          inFlight--;
          if (isProbe && hasStarted && wasAnswered && !isRejected) backoff.end();
          for (const part of parts) part.release(wasAnswered);
        },
        rejected(retryAfterMs) {
          isRejected = true;
          backoff.begin(retryAfterMs, isProbe);
          ofShare?.rejected(retryAfterMs);
          // The other processes know of a backoff that lasts.
          if (!isProbe) reserved?.rejected(retryAfterMs);
        },
      };
    },
    estimateMs(calls) {
      const now = clock();
      const { mode, share, waitUntil } = modes;
      const shareMs = mode === 'distributed' ? 0 : Math.max(0, waitUntil - now) + share.estimateMs(calls);
      const { limit, others, contenders } = latestAt(now);
      // What others leave of their equal parts can be used as well.
      const stepMs = WINDOW_MS / Math.max(limit / contenders, limit - others);
      const storeMs = mode === 'fallback' ? 0 : Math.max(0, (reservation?.leaveAt ?? now) - now) + (calls - 1) * stepMs;
      return Math.max(backoff.waitMs(), shareMs, storeMs);
    },
    backoffMs: backoff.remainingMs,
    claimProbe: backoff.claimProbe,
    hasBackedOffSince: (at) => backoff.until() > at,
    hasSpare() {
      if (modes.mode === 'fallback') return clock() >= modes.waitUntil && modes.share.hasSpare();
      const { inUse, limit } = latestAt(clock());
      return backoff.remainingMs() === 0 && inUse * 2 < limit;
    },
    usage() {
      const now = clock();
      acquiredAt = acquiredAt.filter((at) => at > now - WINDOW_MS);
      const { limit } = modes.mode === 'fallback' ? modes.share.usage() : latestAt(now);
      return { inUse: acquiredAt.length, limit: Math.floor(limit) };
    },
    isIdle() {
      // An unused reservation expires.
      const isReserved = reservation !== undefined && clock() <= reservation.leaveAt + RESERVATION_LASTS_MS;
      const isUsed = inFlight > 0 || isReserved || reserving !== undefined;
      return !isUsed && backoff.remainingMs() === 0 && modes.share.isIdle() && clock() >= lastStartedAt + WAIT_OUT_MS;
    },
  };

  /** The latest figures of the store, as far as they still hold: its calls count for a second, and a lower limit grows back. */
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
      return Math.max(shareMs, backoff.waitMs());
    }
    // Reserved only when the share allows a call: a reservation expires.
    if (shareMs > 0) return shareMs;
    const restMs = backoff.waitMs();
    // A reservation may have expired, or have been made before the backoff began.
    if (reservation && (restMs > 0 || now > reservation.leaveAt + RESERVATION_LASTS_MS)) {
      reservation.release();
      reservation = undefined;
    }
    if (restMs > 0) return restMs;
    return reservation ? Math.max(reservation.leaveAt - now, 0) : reserve();
  }

  function reserve(): Promise<void> {
    reserving ??= store
      .reserve()
      .then(record, async () => {
        if (modes.failed()) await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
      })
      .finally(() => {
        reserving = undefined;
      });
    return reserving;
  }

  /** A trial reservation, while calls leave by the share. */
  async function tryAgain(): Promise<void> {
    const trial = await store.reserve().catch(() => undefined);
    if (!trial) return;
    trial.release();
    modes.answered(true);
  }

  function record(reserved: Reservation): void {
    modes.answered();
    const now = clock();
    const { inUse, limit, contenders } = reserved;
    const own = acquiredAt.filter((at) => at > now - WINDOW_MS).length + 1;
    latest = { inUse, limit, contenders, others: Math.max(0, inUse - own), at: now };
    backoff.extend(reserved.pausedUntil);
    reservation = reserved;
  }
}
