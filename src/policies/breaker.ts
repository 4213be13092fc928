import { type Clock, monotonicClock } from './clock.ts';

export interface BreakerOptions {
  /** So many failures in a row open it. @default 10 */
  failures?: number | undefined;
  /** How long it stays open before one call may try, in milliseconds. @default 2000 */
  halfOpenAfterMs?: number | undefined;
  /** @default the process' monotonic clock: cockatiel's breaker looks at the wall clock, which can jump */
  clock?: Clock | undefined;
}

/** Stops calling what has failed many times in a row, and tries with one call after a while. */
export interface Breaker {
  /** Milliseconds until a call may try; 0 where calls may leave now. */
  openMs(): number;
  /** True from when it opened until a call has gone well. */
  isOpen(): boolean;
  /** True while one call tries whether it may close: it is soon known. */
  isTrying(): boolean;
  /** To be called when a call is about to leave. */
  enter(): Passage;
}

/** One call on its way. */
export interface Passage {
  /** To be called when it has ended. @param told what that tells of the other side; a call that was cancelled tells nothing. */
  leave(told: 'well' | 'outage' | 'nothing'): void;
}

/** While one call tries, the others come back so soon. */
const TRYING_MS = 100;

export function createBreaker(options: BreakerOptions = {}): Breaker {
  const { failures: mostFailures = 10, halfOpenAfterMs = 2_000 } = options;
  const clock = options.clock ?? monotonicClock;
  let failures = 0;
  let openUntil: number | undefined;
  let isTrying = false;

  return {
    openMs() {
      if (openUntil === undefined) return 0;
      return isTrying ? TRYING_MS : Math.max(0, openUntil - clock());
    },
    isOpen: () => openUntil !== undefined,
    isTrying: () => openUntil !== undefined && isTrying,
    enter() {
      const isTrial = openUntil !== undefined;
      if (isTrial) isTrying = true;
      return {
        leave(told) {
          if (told === 'well') {
            // Also by a call that left before it opened: the API is there.
            failures = 0;
            openUntil = undefined;
          } else if (told === 'outage') {
            failures++;
            if (isTrial || failures >= mostFailures) openUntil = clock() + halfOpenAfterMs;
          }
          if (isTrial || openUntil === undefined) isTrying = false;
        },
      };
    },
  };
}
