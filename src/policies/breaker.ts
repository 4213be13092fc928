import { type Clock, monotonicClock } from './clock.ts';

export interface BreakerOptions {
  /** So many failures in a row open it. @default 10 */
  failures?: number | undefined;
  /** How long it stays open before one call may try, and before the next may, in milliseconds. @default 2000 */
  halfOpenAfterMs?: number | undefined;
  /** @default the process' monotonic clock: cockatiel's breaker looks at the wall clock, which can jump */
  clock?: Clock | undefined;
}

/** Stops calling what has failed many times in a row, and tries with one call every few seconds. */
export interface Breaker {
  /** Milliseconds until a call may try; 0 where calls may leave now. */
  openMs(): number;
  /** True from when it opened until a call has gone well. */
  isOpen(): boolean;
  /** True while one call tries whether it may close, and has not taken long: it is soon known. */
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
/** How long they wait for it. A call that hangs delays neither them nor the next trial. */
const PATIENCE_MS = 1_000;

export function createBreaker(options: BreakerOptions = {}): Breaker {
  const { failures: mostFailures = 10, halfOpenAfterMs = 2_000 } = options;
  const clock = options.clock ?? monotonicClock;
  let failures = 0;
  /** When the next call may try, whatever has become of the one before; `undefined` while it is closed. */
  let nextTrialAt: number | undefined;
  let trial: { readonly startedAt: number } | undefined;
  const isTrying = () =>
    trial !== undefined && nextTrialAt !== undefined && clock() < Math.min(trial.startedAt + PATIENCE_MS, nextTrialAt);

  return {
    openMs() {
      if (nextTrialAt === undefined) return 0;
      return isTrying() ? TRYING_MS : Math.max(0, nextTrialAt - clock());
    },
    isOpen: () => nextTrialAt !== undefined,
    isTrying,
    enter() {
      const own = nextTrialAt === undefined ? undefined : { startedAt: clock() };
      if (own) {
        trial = own;
        nextTrialAt = own.startedAt + halfOpenAfterMs;
      }
      return {
        leave(told) {
          if (own && trial === own) trial = undefined;
          if (told === 'well') {
            // Also by a call that left before it opened: the API is there.
            failures = 0;
            nextTrialAt = undefined;
          } else if (told === 'outage') {
            failures++;
            if (failures >= mostFailures) nextTrialAt ??= clock() + halfOpenAfterMs;
          } else if (own && nextTrialAt !== undefined) nextTrialAt = Math.min(nextTrialAt, clock());
        },
      };
    },
  };
}
