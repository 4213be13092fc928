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

/** @param limit how many look-ups may wait, over all requests. */
export function createBacklog(limit: number): Backlog {
  const byRequest = new Map<Ticket, Set<LookUp>>();
  let size = 0;
  /** No backlog is larger than this. Lets most newcomers be judged without a look at all the others. */
  let upperBound = 0;

  return {
    get size() {
      return size;
    },
    add(lookUp) {
      if (!lookUp.owner) return;
      size++;
      const own = byRequest.get(lookUp.owner) ?? new Set();
      own.add(lookUp);
      byRequest.set(lookUp.owner, own);
      upperBound = Math.max(upperBound, own.size);
    },
    remove(lookUp) {
      if (!lookUp.owner) return;
      const own = byRequest.get(lookUp.owner);
      if (own?.delete(lookUp)) size--;
      if (own?.size === 0) byRequest.delete(lookUp.owner);
    },
    makeRoom(ticket, count) {
      const excess = size + count - limit;
      if (excess <= 0) return [];
      const newcomer = count + (byRequest.get(ticket)?.size ?? 0);
      if (newcomer >= upperBound || newcomer > limit) return undefined;
      const largest = findLargest();
      upperBound = largest?.size ?? 0;
      if (!largest || newcomer >= largest.size) return undefined;
      // Where others wait for the same person, nothing is won by sending one of them away.
      const own = [...largest].filter(({ waiters }) => waiters.size <= 1);
      return own.length < excess ? undefined : own.slice(-excess);
    },
  };

  function findLargest(): Set<LookUp> | undefined {
    let largest: Set<LookUp> | undefined;
    for (const own of byRequest.values()) if (own.size > (largest?.size ?? 0)) largest = own;
    return largest;
  }
}
