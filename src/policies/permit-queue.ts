import type { Permit, RateLimiter } from './rate-limiter.ts';

/** Requests for permits of a rate limiter, first come, first served. */
export interface PermitQueue {
  /**
   * Grants a permit: at the end of this turn of the event loop where the rate limit allows it now, so that lookups queued in the same
   * turn share the call; rate-limited otherwise.
   * @param onGrant calls `acquire` if there still is something to send; an unused permit goes to the next.
   */
  request(onGrant: (acquire: () => Permit) => void): void;
  /** Requests that wait. */
  readonly length: number;
  /** Grants no permit from here on. */
  dispose(): void;
}

export function createPermitQueue(limiter: RateLimiter): PermitQueue {
  let waiting: ((acquire: () => Permit) => void)[] = [];
  let immediate: NodeJS.Immediate | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isReserving = false;
  let isDisposed = false;

  return {
    request(onGrant) {
      if (isDisposed) return;
      waiting.push(onGrant);
      arm();
    },
    get length() {
      return waiting.length;
    },
    dispose() {
      isDisposed = true;
      waiting = [];
      clearImmediate(immediate);
      clearTimeout(timer);
    },
  };

  function arm(): void {
    if (waiting.length === 0 || immediate || timer || isReserving) return;
    const waitMs = limiter.waitMs();
    if (typeof waitMs !== 'number') {
      isReserving = true;
      void waitMs.finally(() => {
        isReserving = false;
        arm();
      });
    } else if (waitMs <= 0) immediate = setImmediate(grant);
    else timer = setTimeout(grant, Math.ceil(waitMs));
  }

  function grant(): void {
    immediate = undefined;
    timer = undefined;
    // Checked for each: a timer can fire early, and the permit may be acquired by now.
    while (waiting.length > 0 && limiter.waitMs() === 0) waiting.shift()?.(() => limiter.acquire());
    arm();
  }
}
