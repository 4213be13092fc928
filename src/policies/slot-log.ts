import type { Clock } from './clock.ts';
import { MOST_LATENESS_MS } from './lateness.ts';
import type { Grant } from './slot-schedule.ts';

/** Where the calls of several processes are written down, seen from one of them. All times are on the clock of this process. */
export interface SlotLog {
  /**
   * Reserves the next call that the quota allows. Processes that ask for one at a time take turns.
   * @throws Error where the log cannot be reached.
   */
  reserve(): Promise<Reservation>;
  /** "Too many calls": for all of them. @param retryAfterMs how long to stay away. */
  pause(retryAfterMs: number): void;
  /** Since when it can be reached without a break, on the clock of this process; `undefined` where it is known to be away. */
  reachableSince(): number | undefined;
  /** How many processes share the quota, as far as is known; at least 1. */
  replicas(): number;
}

export interface Reservation extends Omit<Grant, 'id' | 'now'> {
  /** The call has arrived at this moment, or before. */
  settle(arrivedBy: number): void;
  /** The call is not made. */
  giveBack(): void;
}

/** Whoever keeps the log, on the other side of a connection. All times are on the clock over there. */
export interface RemoteSlotSchedule extends Pick<SlotLog, 'reachableSince' | 'replicas' | 'pause'> {
  reserve(): Promise<Grant>;
  settle(id: string, arrivedBy: number): void;
  giveBack(id: string): void;
}

/** A grant that was on its way for longer is used later than the log counts on. */
const SLOW_MS = 10;

/** Translates between the clock of this process and that of whoever keeps the log, on the safe side of what the way takes. */
export function createSlotLog(remote: RemoteSlotSchedule, clock: Clock): SlotLog {
  return {
    async reserve() {
      const askedAt = clock();
      const { id, now, leaveAt, pausedUntil, ...figures } = await remote.reserve();
      const toldAt = clock();
      const onTheWayMs = toldAt - askedAt;
      if (onTheWayMs > SLOW_MS) remote.settle(id, leaveAt + onTheWayMs + MOST_LATENESS_MS);
      return {
        ...figures,
        leaveAt: toldAt + (leaveAt - now),
        pausedUntil: pausedUntil > now ? toldAt + (pausedUntil - now) : Number.NEGATIVE_INFINITY,
        settle: (arrivedBy) => remote.settle(id, now + (arrivedBy - askedAt)),
        giveBack: () => remote.giveBack(id),
      };
    },
    pause: remote.pause,
    reachableSince: remote.reachableSince,
    replicas: remote.replicas,
  };
}
