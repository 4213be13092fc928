import type { Quota, Slot } from '../policies/quota.ts';
import { createSlotQueue } from '../policies/slot-queue.ts';
import { MAX_IDENTIFIERS_PER_CALL } from '../upstream/user-query.ts';
import type { Batch } from './bundles/batch.ts';
import { Bundle } from './bundles/bundle.ts';
import { createLane, type Lane } from './lane.ts';
import type { LookUp, Subject, Ticket } from './look-up.ts';

/** The lanes of one credential: one for each subject that has look-ups waiting, in turn, as its quota allows. */
export interface Lanes {
  /** Queues look-ups of one subject, in the turn of a request. */
  add(subject: Subject, lookUps: readonly (LookUp | Bundle)[], request: Ticket): void;
  /**
   * Queues look-ups of one subject again: in front of all others, or in a call of their own where they are part of a
   * search.
   */
  addAgain(subject: Subject, lookUps: readonly LookUp[]): void;
  /** @returns false where it does not wait here. */
  remove(lookUp: LookUp): boolean;
  /** Rough milliseconds until this many look-ups of one request would have left. */
  estimateMs(subject: Subject, count: number): number;
  /** Refreshes ahead where nothing waits and less than half of the quota is in use. */
  refreshInSpareQuota(subject: Subject): void;
  /** True where nothing waits, nor for a slot. */
  isEmpty(): boolean;
  /** Nobody gets a turn any more. */
  dispose(): void;
}

export interface LanesOptions {
  quota: Quota;
  /** Refreshes ahead that may use what is left of a batch, at most `room`. */
  fillUp(subject: Subject, room: number): LookUp[];
  /** Called with a batch whose turn it is. @param take takes the slot of the quota; one not taken goes to the next. */
  send(subject: Subject, batch: Batch, take: () => Slot): void;
}

interface SubjectLane {
  readonly subject: Subject;
  readonly queue: Lane;
  isWaitingForSlot: boolean;
}

export function createLanes({ quota, fillUp, send }: LanesOptions): Lanes {
  const slots = createSlotQueue(quota);
  const lanes = new Map<string, SubjectLane>();

  return {
    add(subject, lookUps, request) {
      const lane = laneOf(subject);
      lane.queue.add(lookUps, request);
      askForSlot(lane);
    },
    addAgain(subject, lookUps) {
      const lane = laneOf(subject);
      if (lookUps[0]?.trouble?.search) lane.queue.addGroup(lookUps);
      else lane.queue.addAgain(lookUps);
      askForSlot(lane);
    },
    remove: (lookUp) => lanes.get(lookUp.subject.key)?.queue.remove(lookUp) ?? false,
    estimateMs(subject, count) {
      const own = lanes.get(subject.key)?.queue;
      // Requests take turns: before the last of mine leaves, each other has given at most as many.
      const before = own ? Math.min(own.size, own.requests * count) : 0;
      const ownTurns = Math.ceil((before + count) / MAX_IDENTIFIERS_PER_CALL);
      // And so do lanes.
      let turns = ownTurns;
      for (const { queue } of lanes.values()) {
        if (queue !== own) turns += Math.min(Math.ceil(queue.size / MAX_IDENTIFIERS_PER_CALL), ownTurns);
      }
      return quota.estimateMs(turns);
    },
    refreshInSpareQuota(subject) {
      if (slots.length === 0 && quota.hasSpare()) askForSlot(laneOf(subject));
    },
    isEmpty: () => lanes.size === 0,
    dispose: slots.dispose,
  };

  function laneOf(subject: Subject): SubjectLane {
    const { key } = subject;
    const known = lanes.get(key);
    if (known) return known;
    const made = { subject, queue: createLane(), isWaitingForSlot: false };
    lanes.set(key, made);
    return made;
  }

  /** A lane waits for one slot at a time and goes to the end after it, so that lanes take turns. */
  function askForSlot(lane: SubjectLane): void {
    if (lane.isWaitingForSlot) return;
    lane.isWaitingForSlot = true;
    slots.request((take) => {
      lane.isWaitingForSlot = false;
      const batch = filledUp(lane.subject, lane.queue.take(MAX_IDENTIFIERS_PER_CALL));
      if (batch.length > 0) send(lane.subject, batch, take);
      if (lane.queue.size > 0) askForSlot(lane);
      else lanes.delete(lane.subject.key);
    });
  }

  /** A refresh rides where there is room. It takes a slot of its own only where nobody waits for one. */
  function filledUp(subject: Subject, batch: Batch): Batch {
    const room = MAX_IDENTIFIERS_PER_CALL - batch.length;
    if (batch instanceof Bundle || room === 0) return batch;
    const mayRide = batch.length > 0 ? batch.every(({ trouble }) => !trouble?.search) : slots.length === 0;
    return mayRide ? [...batch, ...fillUp(subject, room)] : batch;
  }
}
