import type { Bundle } from './bundles/bundle.ts';
import type { LookUp, Ticket } from './look-up.ts';
import { type Waiter, waitersOf } from './waiters.ts';

/** All look-ups of the process that wait for a call, and which request queued them. Refreshes ahead do not count. */
export interface Backlog {
  readonly size: number;
  add(lookUp: LookUp): void;
  remove(lookUp: LookUp): void;
  addBundle(bundle: Bundle): void;
  /** One that is whole: look-ups take the places of one that dissolves. */
  removeBundle(bundle: Bundle): void;
  /**
   * Whom to shed so that `count` look-ups of `ticket` have room: the newest of the largest backlog, or of the caller who has most
   * waiting. `undefined` where that is the newcomer itself, or would not make the room: a whole new request is shed before
   * parts of many, since a page half answered is worth little.
   */
  makeRoom(ticket: Ticket, count: number): readonly LookUp[] | undefined;
}

/**
 * Keeps a figure with each request and a place with each look-up, and looks at all of them only where somebody has to be shed. A
 * set of requests would cost more than that: what such a set has outgrown keeps old requests in memory, and these the next ones.
 * @param limit how many look-ups may wait, over all requests.
 * @param queued finds all look-ups that are queued.
 */
export function createBacklog(limit: number, queued: () => readonly LookUp[]): Backlog {
  let size = 0;
  let places = 0;
  /** No backlog is larger than this. Lets most newcomers be judged without a look at all the others. */
  let upperBound = 0;
  /** Of callers with tokens of their own, how many look-ups of each wait. */
  const byCaller = new Map<string, number>();

  return {
    get size() {
      return size;
    },
    add(lookUp) {
      const { owner, backlogPlace } = lookUp;
      if (!owner || backlogPlace > 0) return;
      lookUp.backlogPlace = ++places;
      size++;
      if (++owner.backlog > upperBound) upperBound = owner.backlog;
      countFor(owner, 1);
    },
    remove(lookUp) {
      const { owner, backlogPlace } = lookUp;
      if (!owner || backlogPlace === 0) return;
      lookUp.backlogPlace = 0;
      size--;
      owner.backlog--;
      countFor(owner, -1);
    },
    addBundle(bundle) {
      const { length, owner } = bundle;
      bundle.backlogPlace = places + 1;
      places += length;
      size += length;
      owner.backlog += length;
      upperBound = Math.max(upperBound, owner.backlog);
      countFor(owner, length);
    },
    removeBundle(bundle) {
      const { length, owner, backlogPlace } = bundle;
      if (backlogPlace === 0) return;
      bundle.backlogPlace = 0;
      size -= length;
      owner.backlog -= length;
      countFor(owner, -length);
    },
    makeRoom(ticket, count) {
      const excess = size + count - limit;
      if (excess <= 0) return [];
      return ofLargestCaller(ticket, count, excess) ?? ofLargestRequest(ticket, count, excess);
    },
  };

  function countFor({ identity, userToken }: Ticket, change: number): void {
    if (!userToken) return;
    const count = (byCaller.get(identity) ?? 0) + change;
    if (count > 0) byCaller.set(identity, count);
    else byCaller.delete(identity);
  }

  /** Each caller has a quota of their own: who fills the queue, with however many requests, must not keep out the others. */
  function ofLargestCaller({ identity }: Ticket, count: number, excess: number): readonly LookUp[] | undefined {
    let largest: string | undefined;
    let most = (byCaller.get(identity) ?? 0) + count;
    for (const [caller, waiting] of byCaller) {
      if (waiting <= most) continue;
      most = waiting;
      largest = caller;
    }
    if (largest === undefined) return undefined;
    return newest(
      queued().filter(({ backlogPlace, subject }) => backlogPlace > 0 && subject.identity === largest),
      excess,
    );
  }

  function ofLargestRequest(ticket: Ticket, count: number, excess: number): readonly LookUp[] | undefined {
    const newcomer = count + ticket.backlog;
    if (newcomer >= upperBound || newcomer > limit) return undefined;
    const waiting = queued().filter(({ backlogPlace }) => backlogPlace > 0);
    const largest = largestOf(waiting);
    upperBound = largest?.backlog ?? 0;
    if (!largest || newcomer >= largest.backlog) return undefined;
    // Where somebody with less waiting waits for the same person, too or alone, nothing is won by sending another of them away.
    const waitsForMore = ({ answers }: Waiter) => Math.max(answers.ticket.backlog, answers.waiting) > newcomer;
    return newest(
      waiting.filter((lookUp) => lookUp.owner === largest && waitersOf(lookUp).every(waitsForMore)),
      excess,
    );
  }
}

function newest(lookUps: readonly LookUp[], count: number): readonly LookUp[] | undefined {
  if (lookUps.length < count) return undefined;
  return lookUps.toSorted((one, other) => one.backlogPlace - other.backlogPlace).slice(-count);
}

/** @returns the request with the largest backlog among the owners of these. */
function largestOf(lookUps: readonly LookUp[]): Ticket | undefined {
  let largest: Ticket | undefined;
  for (const { owner } of lookUps) if (owner && owner.backlog > (largest?.backlog ?? 0)) largest = owner;
  return largest;
}
