import type { Answers } from './answers.ts';
import type { LookUp } from './look-up.ts';

/** One place in a list of identifiers, for whom somebody has to be looked up. */
export interface Waiter {
  /** Equal for two spellings of one identifier. */
  readonly id: string;
  readonly spelling: string;
  /** In the list that was asked for: where its answer belongs. */
  readonly place: number;
  /** Those of the whole list. */
  readonly answers: Answers;
  /** Whose answer it waits for, once it does. */
  lookUp: LookUp | undefined;
  isWaiting: boolean;
  /** True while it waits and there is nothing at its place. */
  isOpen: boolean;
}

/** Whoever waits for a look-up. */
export interface Awaited {
  /** Who came first; `undefined` where nobody waits. Nearly all are waited for by one, and a list for each takes memory. */
  waiter: Waiter | undefined;
  /** Who came later, in order; `undefined` where nobody did. */
  others: Waiter[] | undefined;
}

export const createWaiter = (answers: Answers, id: string, spelling: string, place: number): Waiter => ({
  id,
  spelling,
  place,
  answers,
  lookUp: undefined,
  isWaiting: false,
  isOpen: false,
});

export const isAwaited = ({ waiter }: Awaited): boolean => waiter !== undefined;

/** @returns all who wait, in the order they came. */
export const waitersOf = ({ waiter, others = [] }: Awaited): readonly Waiter[] => (waiter ? [waiter, ...others] : []);

/** Visits all who wait, in the order they came. */
export function forEachWaiter({ waiter, others }: Awaited, visit: (waiter: Waiter) => void): void {
  if (waiter) visit(waiter);
  if (others) for (const other of others) visit(other);
}

export function addWaiter(awaited: Awaited, waiter: Waiter): void {
  if (!awaited.waiter) awaited.waiter = waiter;
  else if (awaited.others) awaited.others.push(waiter);
  else awaited.others = [waiter];
}

/** Whoever waits for one waits for the other from then on. @returns who they are. */
export function moveWaiters(from: LookUp, to: LookUp): readonly Waiter[] {
  const moved = waitersOf(from);
  from.waiter = undefined;
  from.others = undefined;
  for (const waiter of moved) {
    waiter.lookUp = to;
    addWaiter(to, waiter);
  }
  return moved;
}

/** In place: thousands may wait for one, and leave one after the other. */
export function removeWaiter(awaited: Awaited, leaving: Waiter): void {
  const { others } = awaited;
  if (awaited.waiter === leaving) awaited.waiter = others?.shift();
  else {
    const place = others?.indexOf(leaving) ?? -1;
    if (place >= 0) others?.splice(place, 1);
  }
  if (others?.length === 0) awaited.others = undefined;
}
