import type { Bundle } from './bundles/bundle.ts';
import type { LookUp, Ticket } from './look-up.ts';

/** All look-ups of the process that wait for a call, and which request queued them. Refreshes ahead do not count. */
export interface Backlog {
  readonly size: number;
  add(lookUp: LookUp): void;
  remove(lookUp: LookUp): void;
  addBundle(bundle: Bundle): void;
  /** One that is whole: look-ups take the places of one that dissolves. */
  removeBundle(bundle: Bundle): void;
  /**
   * Whom to shed so that `count` look-ups of `ticket` have room: the newest of the largest backlog. `undefined` where that
   * is the newcomer itself, or would not make the room: a whole new request is shed before parts of many, since a page half
   * answered is worth little.
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
    },
    remove(lookUp) {
      const { owner, backlogPlace } = lookUp;
      if (!owner || backlogPlace === 0) return;
      lookUp.backlogPlace = 0;
      size--;
      owner.backlog--;
    },
    addBundle(bundle) {
      const { length, owner } = bundle;
      bundle.backlogPlace = places + 1;
      places += length;
      size += length;
      owner.backlog += length;
      upperBound = Math.max(upperBound, owner.backlog);
    },
    removeBundle(bundle) {
      const { length, owner, backlogPlace } = bundle;
      if (backlogPlace === 0) return;
      bundle.backlogPlace = 0;
      size -= length;
      owner.backlog -= length;
    },
    makeRoom(ticket, count) {
      const excess = size + count - limit;
      if (excess <= 0) return [];
      const newcomer = count + ticket.backlog;
      if (newcomer >= upperBound || newcomer > limit) return undefined;
      const waiting = queued().filter(({ backlogPlace }) => backlogPlace > 0);
      const largest = largestOf(waiting);
      upperBound = largest?.backlog ?? 0;
      if (!largest || newcomer >= largest.backlog) return undefined;
      // Where others wait for the same person, too or alone, nothing is won by sending one of them away.
      const own = waiting.filter(
        ({ owner, waiter, others }) => owner === largest && waiter?.answers.ticket === largest && others === undefined,
      );
      return own.length < excess
        ? undefined
        : own.toSorted((one, other) => one.backlogPlace - other.backlogPlace).slice(-excess);
    },
  };
}

/** @returns the request with the largest backlog among the owners of these. */
function largestOf(lookUps: readonly LookUp[]): Ticket | undefined {
  let largest: Ticket | undefined;
  for (const { owner } of lookUps) if (owner && owner.backlog > (largest?.backlog ?? 0)) largest = owner;
  return largest;
}
