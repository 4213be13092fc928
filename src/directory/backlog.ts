import type { LookUp, Ticket } from './look-up.ts';

/** All look-ups of the process that wait for a call, and which request queued them. Refreshes ahead do not count. */
export interface Backlog {
  readonly size: number;
  add(lookUp: LookUp): void;
  remove(lookUp: LookUp): void;
  /**
   * Whom to shed so that `count` look-ups of `ticket` have room: the newest of the largest backlog. `undefined` where that
   * is the newcomer itself, or would not make the room: a whole new request is shed before parts of many, since a page half
   * answered is worth little.
   */
  makeRoom(ticket: Ticket, count: number): readonly LookUp[] | undefined;
}

/**
 * Keeps a figure with each request and a place with each look-up, and looks at all of them only where somebody has to be shed.
 * @param limit how many look-ups may wait, over all requests.
 * @param filter finds look-ups among all that have no answer yet.
 */
export function createBacklog(limit: number, filter: (isMeant: (lookUp: LookUp) => boolean) => LookUp[]): Backlog {
  const requests = new Set<Ticket>();
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
      if (owner.backlog++ === 0) requests.add(owner);
      if (owner.backlog > upperBound) upperBound = owner.backlog;
    },
    remove(lookUp) {
      const { owner, backlogPlace } = lookUp;
      if (!owner || backlogPlace === 0) return;
      lookUp.backlogPlace = 0;
      size--;
      if (--owner.backlog === 0) requests.delete(owner);
    },
    makeRoom(ticket, count) {
      const excess = size + count - limit;
      if (excess <= 0) return [];
      const newcomer = count + ticket.backlog;
      if (newcomer >= upperBound || newcomer > limit) return undefined;
      const largest = findLargest();
      upperBound = largest?.backlog ?? 0;
      if (!largest || newcomer >= largest.backlog) return undefined;
      // Where others wait for the same person, nothing is won by sending one of them away.
      const own = filter(
        ({ owner, backlogPlace, waiters }) => owner === largest && backlogPlace > 0 && waiters.length <= 1,
      );
      return own.length < excess
        ? undefined
        : own.toSorted((one, other) => one.backlogPlace - other.backlogPlace).slice(-excess);
    },
  };

  function findLargest(): Ticket | undefined {
    let largest: Ticket | undefined;
    for (const request of requests) if (request.backlog > (largest?.backlog ?? 0)) largest = request;
    return largest;
  }
}
