import type { LookUp } from './look-up.ts';
import type { Ticket } from './ticket.ts';

/** Look-ups of one subject that wait for a call. */
export interface Lane {
  readonly size: number;
  /** How many requests have look-ups waiting here. */
  readonly requests: number;
  add(lookUp: LookUp): void;
  /** Puts look-ups in front of all others: they have had their turn, and need another call. */
  addAgain(lookUps: readonly LookUp[]): void;
  /** Takes one out of turn. @returns false where it is not here. */
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
  // A map keeps the order of insertion, which is the order of turns.
  const byRequest = new Map<Ticket | undefined, Set<LookUp>>();
  let size = 0;

  return {
    get size() {
      return size;
    },
    get requests() {
      return byRequest.size;
    },
    add(lookUp) {
      const own = byRequest.get(lookUp.owner);
      if (own) own.add(lookUp);
      else byRequest.set(lookUp.owner, new Set([lookUp]));
      size++;
    },
    addAgain(lookUps) {
      for (const lookUp of lookUps) again.add(lookUp);
      size += lookUps.length;
    },
    remove(lookUp) {
      const own = byRequest.get(lookUp.owner);
      if (!again.delete(lookUp) && !own?.delete(lookUp)) return false;
      if (own?.size === 0) byRequest.delete(lookUp.owner);
      size--;
      return true;
    },
    take(most) {
      const batch = takeFrom(again, most);
      while (batch.length < most && byRequest.size > 0) {
        const share = Math.max(1, Math.floor((most - batch.length) / byRequest.size));
        // The requests of this round: those that had their turn are put behind the others, and are not met again.
        let left = byRequest.size;
        for (const [request, own] of byRequest) {
          if (left-- === 0 || batch.length === most) break;
          batch.push(...takeFrom(own, Math.min(share, most - batch.length)));
          byRequest.delete(request);
          if (own.size > 0) byRequest.set(request, own);
        }
      }
      size -= batch.length;
      return batch;
    },
  };
}

function takeFrom(queue: Set<LookUp>, most: number): LookUp[] {
  const taken: LookUp[] = [];
  for (const lookUp of queue) {
    if (taken.length === most) break;
    taken.push(lookUp);
    queue.delete(lookUp);
  }
  return taken;
}
