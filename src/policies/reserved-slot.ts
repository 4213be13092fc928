import type { Clock } from './clock.ts';
import { type Lateness, MOST_LATENESS_MS } from './lateness.ts';
import { pauseForOthers } from './pause.ts';
import type { Slot } from './quota.ts';
import type { Reservation, SlotLog } from './slot-log.ts';

export interface ReservedSlotOptions {
  readonly log: SlotLog;
  readonly lateness: Lateness;
  readonly clock: Clock;
}

/** A call that waits for a token is kept in the log by telling it so often that it is still to come. */
const STILL_TO_COME_MS = 500;

/** Leave for a call that is written down in a log. It counts there until a second after it has arrived, as far as is known. */
export function createReservedSlot({ settle, giveBack }: Reservation, options: ReservedSlotOptions): Slot {
  const { log, lateness, clock } = options;
  let leftAt: number | undefined;
  const stayInLog = () => {
    if (leftAt === undefined) settle(clock() + 2 * STILL_TO_COME_MS);
  };
  const waiting = setInterval(stayInLog, STILL_TO_COME_MS);
  // Also at once: before the first of these, the log would count on a call that left in time.
  setImmediate(stayInLog);

  return {
    left() {
      clearInterval(waiting);
      leftAt = clock();
      settle(leftAt + MOST_LATENESS_MS);
    },
    done(wasAnswered = true) {
      clearInterval(waiting);
      if (leftAt === undefined) {
        leftAt = Number.NEGATIVE_INFINITY;
        giveBack();
        return;
      }
      if (!wasAnswered) return;
      const tookMs = clock() - leftAt;
      lateness.note(tookMs);
      settle(leftAt + lateness.of(tookMs));
    },
    refused: (retryAfterMs) => log.pause(pauseForOthers(retryAfterMs)),
  };
}
