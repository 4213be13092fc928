import type { Quota, Slot } from '../policies/quota.ts';
import { createSlotQueue } from '../policies/slot-queue.ts';
import { MAX_IDENTIFIERS_PER_CALL } from '../upstream/user-query.ts';
import type { Batch } from './bundles/batch.ts';
import { Bundle } from './bundles/bundle.ts';
import { createLane, type Lane } from './lane.ts';
import type { LookUp, Subject, Ticket } from './look-up.ts';

/**
 * The lanes of one credential: one for each subject that has look-ups waiting, as its quota allows. Look-ups by key, by out id, by address,
 * and by address in a tenant that was named take turns, and within these the lanes do: however many tenants are named, whoever
 * names none waits for at most three other calls.
 */
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
}

/** Lanes that have one turn together. */
interface Group {
  readonly name: string;
  /** Whose turn it is stands first. */
  readonly lanes: Map<string, SubjectLane>;
  isWaitingForSlot: boolean;
}

export function createLanes({ quota, fillUp, send }: LanesOptions): Lanes {
  const slots = createSlotQueue(quota);
  const groups = new Map<string, Group>();

  return {
    add(subject, lookUps, request) {
      const group = groupOf(subject);
      laneIn(group, subject).add(lookUps, request);
      askForSlot(group);
    },
    addAgain(subject, lookUps) {
      const group = groupOf(subject);
      const lane = laneIn(group, subject);
      if (lookUps[0]?.trouble?.search) lane.addGroup(lookUps);
      else lane.addAgain(lookUps);
      askForSlot(group);
    },
    remove(lookUp) {
      const { subject } = lookUp;
      return groups.get(groupName(subject))?.lanes.get(subject.key)?.queue.remove(lookUp) ?? false;
    },
    estimateMs(subject, count) {
      const ownGroup = groups.get(groupName(subject));
      const own = ownGroup?.lanes.get(subject.key)?.queue;
      // Requests take turns: before the last of mine leaves, each other has given at most as many.
      const before = own ? Math.min(own.size, own.requests * count) : 0;
      const ownTurns = callsFor(before + count);
      // So do the lanes of a group, and groups.
      let turns = ownTurns + (ownGroup ? turnsOf(ownGroup, ownTurns, own) : 0);
      const groupTurns = turns;
      for (const group of groups.values()) if (group !== ownGroup) turns += Math.min(turnsOf(group), groupTurns);
      return quota.estimateMs(turns);
    },
    refreshInSpareQuota(subject) {
      if (slots.length > 0 || !quota.hasSpare()) return;
      const group = groupOf(subject);
      laneIn(group, subject);
      askForSlot(group);
    },
    isEmpty: () => groups.size === 0,
    dispose: slots.dispose,
  };

  function groupOf(subject: Subject): Group {
    const name = groupName(subject);
    const known = groups.get(name);
    if (known) return known;
    const made = { name, lanes: new Map<string, SubjectLane>(), isWaitingForSlot: false };
    groups.set(name, made);
    return made;
  }

  function laneIn({ lanes }: Group, subject: Subject): Lane {
    const known = lanes.get(subject.key);
    if (known) return known.queue;
    const queue = createLane();
    lanes.set(subject.key, { subject, queue });
    return queue;
  }

  /** A group waits for one slot at a time and goes to the end after it, and so does the lane in it that has used it. */
  function askForSlot(group: Group): void {
    if (group.isWaitingForSlot) return;
    group.isWaitingForSlot = true;
    slots.request((take) => {
      group.isWaitingForSlot = false;
      const [lane] = group.lanes.values();
      if (!lane) {
        groups.delete(group.name);
        return;
      }
      const { subject, queue } = lane;
      const batch = filledUp(subject, queue.take(MAX_IDENTIFIERS_PER_CALL));
      if (batch.length > 0) send(subject, batch, take);
      group.lanes.delete(subject.key);
      if (queue.size > 0) group.lanes.set(subject.key, lane);
      if (group.lanes.size > 0) askForSlot(group);
      else groups.delete(group.name);
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

const groupName = ({ kind, tenantKey }: Subject) => (tenantKey === undefined ? kind : `${kind} of a tenant`);

const callsFor = (lookUps: number) => Math.ceil(lookUps / MAX_IDENTIFIERS_PER_CALL);

/** How many calls the lanes of a group make, each `most` at most. @param except one that does not count. */
function turnsOf({ lanes }: Group, most = Number.POSITIVE_INFINITY, except?: Lane): number {
  let turns = 0;
  for (const { queue } of lanes.values()) if (queue !== except) turns += Math.min(callsFor(queue.size), most);
  return turns;
}
