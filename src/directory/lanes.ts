import type { Quota, Slot } from '../policies/quota.ts';
import { createSlotQueue } from '../policies/slot-queue.ts';
import { MAX_IDENTIFIERS_PER_CALL } from '../upstream/user-query.ts';
import { createLane, type Lane } from './lane.ts';
import { type LookUp, type Subject, subjectKey, type Ticket } from './look-up.ts';

/** The lanes of one credential: one for each subject that has look-ups waiting, in turn, as its quota allows. */
export interface Lanes {
  /** Queues look-ups of one subject, in the turn of a request. */
  add(subject: Subject, lookUps: readonly LookUp[], request: Ticket): void;
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
  send(subject: Subject, batch: readonly LookUp[], take: () => Slot): void;
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
      for (const lookUp of lookUps) lane.queue.add(lookUp, request);
      askForSlot(lane);
    },
    addAgain(subject, lookUps) {
      const lane = laneOf(subject);
      if (lookUps[0]?.search) lane.queue.addGroup(lookUps);
      else lane.queue.addAgain(lookUps);
      askForSlot(lane);
    },
    remove: (lookUp) => lanes.get(subjectKey(lookUp.subject))?.queue.remove(lookUp) ?? false,
    estimateMs(subject, count) {
      const key = subjectKey(subject);
      const own = lanes.get(key)?.queue;
      // Requests take turns: before the last of mine leaves, each other has given at most as many.
      const before = own ? Math.min(own.size, own.requests * count) : 0;
      const ownTurns = Math.ceil((before + count) / MAX_IDENTIFIERS_PER_CALL);
      // And so do lanes.
      const others = [...lanes].filter(([other]) => other !== key);
      const turns = others.map(([, { queue }]) => Math.min(Math.ceil(queue.size / MAX_IDENTIFIERS_PER_CALL), ownTurns));
      return quota.estimateMs(turns.reduce((sum, turn) => sum + turn, ownTurns));
    },
    refreshInSpareQuota(subject) {
      if (slots.length === 0 && quota.hasSpare()) askForSlot(laneOf(subject));
    },
    isEmpty: () => lanes.size === 0,
    dispose: slots.dispose,
  };

  function laneOf(subject: Subject): SubjectLane {
    const key = subjectKey(subject);
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
      const batch = lane.queue.take(MAX_IDENTIFIERS_PER_CALL);
      // A refresh rides where there is room. It takes a slot of its own only where nobody waits for one.
      if (batch.length > 0 ? batch.every((lookUp) => !lookUp.search) : slots.length === 0) {
        batch.push(...fillUp(lane.subject, MAX_IDENTIFIERS_PER_CALL - batch.length));
      }
      if (batch.length > 0) send(lane.subject, batch, take);
      if (lane.queue.size > 0) askForSlot(lane);
      else lanes.delete(subjectKey(lane.subject));
    });
  }
}
