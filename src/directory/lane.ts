import type { Batch } from './bundles/batch.ts';
import { Bundle } from './bundles/bundle.ts';
import { BUNDLE_SIZE } from './bundles/part-list.ts';
import { type LookUp, NO_TURNS, type Ticket, type Turn } from './look-up.ts';

/** Look-ups of one subject that wait for a call. */
export interface Lane {
  readonly size: number;
  /** How many requests have look-ups waiting here. */
  readonly requests: number;
  /** Queues look-ups in the turn of a request. One that several requests wait for leaves in whichever turn comes first. */
  add(lookUps: readonly (LookUp | Bundle)[], request: Ticket | undefined): void;
  /** Puts look-ups in front of all others: they have had their turn, and need another call. */
  addAgain(lookUps: readonly LookUp[]): void;
  /** Queues look-ups that have to leave in a call of their own, before all others. */
  addGroup(lookUps: readonly LookUp[]): void;
  /** Takes one out of every turn. @returns false where it is not here. */
  remove(lookUp: LookUp): boolean;
  /** Those whose turn it is, at most `most`. */
  take(most: number): Batch;
}

/**
 * Requests take turns: each gives an equal share of a batch, and who had a turn goes to the end. So a single look-up rides in
 * the next batch, however long the lists before it are. Where each of them has a whole batch to give, the shares are whole batches.
 */
export function createLane(): Lane {
  const again = new Set<LookUp>();
  const groups: Set<LookUp>[] = [];
  // A map keeps the order of insertion, which is the order of turns.
  const byRequest = new Map<Ticket | undefined, Turn>();
  /** How many wait in turns, each counted once. */
  let inTurns = 0;

  return {
    get size() {
      return groups.reduce((sum, group) => sum + group.size, inTurns + again.size);
    },
    get requests() {
      return byRequest.size;
    },
    add(lookUps, request) {
      let turn = byRequest.get(request);
      for (const lookUp of lookUps) {
        if (!(lookUp instanceof Bundle) && isSetApart(lookUp)) continue;
        if (!turn) {
          turn = createTurn(request);
          byRequest.set(request, turn);
        }
        if (!(lookUp instanceof Bundle)) enterTurn(turn, lookUp);
        else if (lookUp.isWhole) addBundle(turn, lookUp);
        else for (const one of lookUp.dissolve()) enterTurn(turn, one);
      }
    },
    addAgain(lookUps) {
      for (const lookUp of lookUps) {
        leaveTurns(lookUp);
        again.add(lookUp);
      }
    },
    addGroup(lookUps) {
      for (const lookUp of lookUps) leaveTurns(lookUp);
      groups.push(new Set(lookUps));
    },
    remove(lookUp) {
      return again.delete(lookUp) || groups.some((group) => group.delete(lookUp)) || leaveTurns(lookUp);
    },
    take(most) {
      for (let group = groups.shift(); group; group = groups.shift()) if (group.size > 0) return [...group];
      const batch: LookUp[] = [];
      for (const lookUp of again) {
        if (batch.length === most) break;
        batch.push(lookUp);
        again.delete(lookUp);
      }
      const bundle = batch.length === 0 && most >= BUNDLE_SIZE ? takeBundle() : undefined;
      if (bundle) return bundle;
      while (batch.length < most && byRequest.size > 0) {
        const share = Math.max(1, Math.floor((most - batch.length) / byRequest.size));
        // A copy: who had a turn is put behind the others, and is not met again in this round.
        const round = Array.from(byRequest.values());
        for (const turn of round) {
          if (batch.length === most) break;
          // Emptied in this round, by requests that wait for the same people.
          if (turn.size === 0) continue;
          takeTurn(turn, Math.min(share, most - batch.length), batch);
          if (byRequest.delete(turn.request) && turn.size > 0) byRequest.set(turn.request, turn);
        }
      }
      return batch;
    },
  };

  function isSetApart(lookUp: LookUp): boolean {
    return again.has(lookUp) || groups.some((group) => group.has(lookUp));
  }

  function enterTurn(turn: Turn, lookUp: LookUp): void {
    if (lookUp.turns.length === 0) {
      lookUp.turns = turn.alone;
      inTurns++;
    } else if (lookUp.turns.includes(turn)) return;
    else lookUp.turns = [...lookUp.turns, turn];
    turn.lookUps.push(lookUp);
    turn.size++;
  }

  function leaveTurns(lookUp: LookUp): boolean {
    const { turns } = lookUp;
    if (turns.length === 0) return false;
    lookUp.turns = NO_TURNS;
    inTurns--;
    for (const turn of turns) if (--turn.size === 0) byRequest.delete(turn.request);
    return true;
  }

  function addBundle(turn: Turn, bundle: Bundle): void {
    bundle.turn = turn;
    turn.bundles ??= [];
    turn.bundles.push(bundle);
    turn.size += bundle.length;
    inTurns += bundle.length;
  }

  /**
   * Of one request, bundles go before its other look-ups: it waits for all of them, and whoever joins one has a turn of their own.
   * @returns that of the request whose turn it is; `undefined` where somebody would wait for longer than the others.
   */
  function takeBundle(): Bundle | undefined {
    for (const { bundles } of byRequest.values()) if (!bundles?.[0]?.isWhole) return undefined;
    const [turn] = byRequest.values();
    const bundle = turn?.bundles?.shift();
    if (!turn || !bundle) return undefined;
    bundle.turn = undefined;
    inTurns -= bundle.length;
    turn.size -= bundle.length;
    byRequest.delete(turn.request);
    if (turn.size > 0) byRequest.set(turn.request, turn);
    return bundle;
  }

  function takeTurn(turn: Turn, most: number, batch: LookUp[]): void {
    const { lookUps } = turn;
    const end = batch.length + most;
    while (batch.length < end && turn.size > 0) {
      const lookUp = lookUps[turn.next++] ?? fromBundle(turn);
      if (!lookUp) break;
      // Else it has left, or somebody took it in their turn.
      if (!lookUp.turns.includes(turn)) continue;
      leaveTurns(lookUp);
      batch.push(lookUp);
    }
  }
}

/** @returns the first look-up of the next bundle, which dissolves; the others come after it. */
function fromBundle(turn: Turn): LookUp | undefined {
  const lookUps = turn.bundles?.shift()?.dissolve() ?? [];
  turn.lookUps.push(...lookUps);
  return lookUps[0];
}

function createTurn(request: Ticket | undefined): Turn {
  const alone: Turn[] = [];
  const turn: Turn = { request, lookUps: [], next: 0, bundles: undefined, size: 0, alone };
  alone.push(turn);
  return turn;
}
