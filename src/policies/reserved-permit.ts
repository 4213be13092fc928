import { sharedBackoffMs } from './backoff.ts';
import type { Clock } from './clock.ts';
import type { RateLimitStore, Reservation } from './rate-limit-store.ts';
import type { Permit } from './rate-limiter.ts';
import { MAX_SKEW_MS, type SkewEstimate } from './skew.ts';

export interface ReservedPermitOptions {
  readonly store: RateLimitStore;
  readonly skew: SkewEstimate;
  readonly clock: Clock;
}

/** The reservation of a call that waits for a token is renewed this often. */
const RENEW_MS = 500;

/** The permit for a reserved call. It counts in the store until a second after it has arrived, as far as is known. */
export function createReservedPermit({ confirm, release }: Reservation, options: ReservedPermitOptions): Permit {
  const { store, skew, clock } = options;
  let startedAt: number | undefined;
  const renew = () => {
    if (startedAt === undefined) confirm(clock() + 2 * RENEW_MS);
  };
  const renewal = setInterval(renew, RENEW_MS);
  // Also at once: before the first renewal, the store would take the call to have left in time.
  setImmediate(renew);

  return {
    start() {
      clearInterval(renewal);
      startedAt = clock();
      confirm(startedAt + MAX_SKEW_MS);
    },
    release(wasAnswered = true) {
      clearInterval(renewal);
      if (startedAt === undefined) {
        startedAt = Number.NEGATIVE_INFINITY;
        release();
        return;
      }
      if (!wasAnswered) return;
      const tookMs = clock() - startedAt;
      skew.record(tookMs);
      confirm(startedAt + skew.of(tookMs));
    },
    rejected: (retryAfterMs) => store.penalise(sharedBackoffMs(retryAfterMs)),
  };
}
