import { type Clock, monotonicClock } from './clock.ts';

export interface BreakerOptions {
  /** Consecutive failures that open it. @default 10 */
  failures?: number | undefined;
  /** How long it stays open before each trial call, in milliseconds. @default 2000 */
  halfOpenAfterMs?: number | undefined;
  /** @default the process' monotonic clock: cockatiel's breaker reads the wall clock, which can jump */
  clock?: Clock | undefined;
}

/** Circuit breaker: stops calling an API after many consecutive failures, and sends one trial call every few seconds. */
export interface Breaker {
  /** Milliseconds until a call may leave; 0 for now. */
  openMs(): number;
  /** True from when it opened until a call has succeeded. */
  isOpen(): boolean;
  /** True while a trial call is in flight, and has not taken long: the result is due soon. */
  isTrying(): boolean;
  /** Call when a call is about to leave. */
  enter(): Passage;
}

/** One call in flight. */
export interface Passage {
  /** Call when it has ended. @param outcome what that shows of the API; nothing where it was cancelled. */
  leave(outcome: 'success' | 'failure' | 'unknown'): void;
}

/** During a trial, other calls check again after this. */
const TRYING_MS = 100;
/** How long they wait for it. A trial that hangs delays neither them nor the next trial. */
const PATIENCE_MS = 1_000;

export function createBreaker(options: BreakerOptions = {}): Breaker {
  const { failures: mostFailures = 10, halfOpenAfterMs = 2_000 } = options;
  const clock = options.clock ?? monotonicClock;
  let failures = 0;
  /** When the next trial may leave, whatever the result of the one before; `undefined` while it is closed. */
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
        leave(outcome) {
          if (own && trial === own) trial = undefined;
          if (outcome === 'success') {
            // Also by a call that left before it opened: the API answers.
            failures = 0;
            nextTrialAt = undefined;
          } else if (outcome === 'failure') {
            failures++;
            if (failures >= mostFailures) nextTrialAt ??= clock() + halfOpenAfterMs;
          } else if (own && nextTrialAt !== undefined) nextTrialAt = Math.min(nextTrialAt, clock());
        },
      };
    },
  };
}
