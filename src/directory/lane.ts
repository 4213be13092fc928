import type { LookUp, Ticket } from './look-up.ts';

/** Look-ups of one subject that wait for a call. */
export interface Lane {
  readonly size: number;
  /** How many requests have look-ups waiting here. */
  readonly requests: number;
  /** Queues a look-up in the turn of a request. One that several requests wait for leaves in whichever turn comes first. */
  add(lookUp: LookUp, request: Ticket | undefined): void;
  /** Puts look-ups in front of all others: they have had their turn, and need another call. */
  addAgain(lookUps: readonly LookUp[]): void;
  /** Queues look-ups that have to leave in a call of their own, before all others. */
  addGroup(lookUps: readonly LookUp[]): void;
  /** Takes one out of every turn. @returns false where it is not here. */
  remove(lookUp: LookUp): boolean;
  /** Those whose turn it is, at most `most`. */
  take(most: number): LookUp[];
}

/**
 * Requests take turns: each gives an equal share of a batch, and who had a turn goes to the end. So a single look-up rides in
 * the next batch, however long the lists before it are.
 */
export function createLane(): Lane {
  const again = new Set<LookUp>();
  const groups: Set<LookUp>[] = [];
  // A map keeps the order of insertion, which is the order of turns.
  const byRequest = new Map<Ticket | undefined, Set<LookUp>>();
  /** In whose turns each look-up is. */
  const turns = new Map<LookUp, (Ticket | undefined)[]>();

  return {
    get size() {
      return groups.reduce((sum, group) => sum + group.size, turns.size + again.size);
    },
    get requests() {
      return byRequest.size;
    },
    add(lookUp, request) {
      if (again.has(lookUp) || groups.some((group) => group.has(lookUp))) return;
      const own = byRequest.get(request);
      if (own) own.add(lookUp);
      else byRequest.set(request, new Set([lookUp]));
      const known = turns.get(lookUp);
      if (known) known.push(request);
      else turns.set(lookUp, [request]);
    },
    addAgain(lookUps) {
      for (const lookUp of lookUps) again.add(lookUp);
    },
    addGroup(lookUps) {
      groups.push(new Set(lookUps));
    },
    remove(lookUp) {
      return again.delete(lookUp) || groups.some((group) => group.delete(lookUp)) || leaveTurns(lookUp);
    },
    take(most) {
      for (let group = groups.shift(); group; group = groups.shift()) if (group.size > 0) return [...group];
      const batch = takeFrom(again, most, (lookUp) => again.delete(lookUp));
      while (batch.length < most && byRequest.size > 0) {
        const share = Math.max(1, Math.floor((most - batch.length) / byRequest.size));
        // A copy: who had a turn is put behind the others, and is not met again in this round.
        const round = Array.from(byRequest.keys());
        for (const request of round) {
          if (batch.length === most) break;
          const own = byRequest.get(request);
          // Emptied in this round, by requests that wait for the same people.
          if (!own) continue;
          batch.push(...takeFrom(own, Math.min(share, most - batch.length), leaveTurns));
          if (byRequest.delete(request) && own.size > 0) byRequest.set(request, own);
        }
      }
      return batch;
    },
  };

  function leaveTurns(lookUp: LookUp): boolean {
    for (const request of turns.get(lookUp) ?? []) {
      const own = byRequest.get(request);
      own?.delete(lookUp);
      if (own?.size === 0) byRequest.delete(request);
    }
    return turns.delete(lookUp);
  }
}

function takeFrom(queue: Iterable<LookUp>, most: number, remove: (lookUp: LookUp) => void): LookUp[] {
  const taken: LookUp[] = [];
  for (const lookUp of queue) {
    if (taken.length === most) break;
    taken.push(lookUp);
    remove(lookUp);
  }
  return taken;
}
