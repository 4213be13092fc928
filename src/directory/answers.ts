import type { Bundle } from './bundles/bundle.ts';
import type { LookUp, LookupResult, Ticket } from './look-up.ts';
import { addWaiter, createWaiter, removeWaiter, type Waiter } from './waiters.ts';

/** What one request is answered for its identifiers: what is there, and who is waited for. */
export interface Answers {
  readonly ticket: Ticket;
  /** One for each identifier, in the order asked; `null` where it is still to come. */
  readonly results: LookupResult[];
  /** All places for which somebody is to be looked up, or was; without those of bundles, unless they dissolved. */
  places: Waiter[];
  /** Parts of a long list that are looked up as one. */
  bundles: readonly Bundle[];
  /** How many of them wait. */
  waiting: number;
  /** How many places are to be filled. */
  open: number;
  /** Called when the last place is filled. */
  onFilled: (() => void) | undefined;
  /** Called for look-ups that are not waited for any more, before there is an answer. */
  readonly onLeave: (lookUp: LookUp) => void;
}

const NONE: readonly never[] = [];

/** @param onLeave called for look-ups that are not waited for any more, before there is an answer. */
export function createAnswers(ticket: Ticket, results: LookupResult[], onLeave: (lookUp: LookUp) => void): Answers {
  return { ticket, results, places: [], bundles: NONE, waiting: 0, open: 0, onFilled: undefined, onLeave };
}

/** Somebody is to be looked up for this place. */
export function addPlace(answers: Answers, id: string, spelling: string, place: number): Waiter {
  const waiter = createWaiter(answers, id, spelling, place);
  // An array that grows makes room for many, and most lists are of one.
  if (answers.places.length === 0) answers.places = [waiter];
  else answers.places.push(waiter);
  return waiter;
}

/** Waits for a look-up. The ticket has to be told when all of a request do. */
export function waitFor(waiter: Waiter, lookUp: LookUp): void {
  const { answers } = waiter;
  waiter.lookUp = lookUp;
  waiter.isWaiting = true;
  waiter.isOpen = true;
  addWaiter(lookUp, waiter);
  answers.waiting++;
  answers.open++;
}

/** Gives the waiter its answer. */
export function answer(waiter: Waiter, result: LookupResult): void {
  if (!waiter.isWaiting) return;
  waiter.isWaiting = false;
  const { answers } = waiter;
  if (--answers.waiting === 0) answers.ticket.unwatch(answers);
  fill(waiter, result);
}

/** Puts something at the place of a waiter, who may go on waiting. */
export function fill(waiter: Waiter, result: LookupResult): void {
  if (!waiter.isOpen) return;
  waiter.isOpen = false;
  const { answers } = waiter;
  answers.results[waiter.place] = result;
  if (--answers.open === 0) answers.onFilled?.();
}

/** Stops waiting, with this answer. */
export function leave(waiter: Waiter, result: LookupResult): void {
  const { lookUp, answers } = waiter;
  if (!lookUp) return;
  removeWaiter(lookUp, waiter);
  answer(waiter, result);
  answers.onLeave(lookUp);
}

/** Answers everybody who waits. */
export function settle(lookUp: LookUp, result: LookupResult): void {
  const { waiter, others } = lookUp;
  lookUp.state = 'done';
  lookUp.waiter = undefined;
  lookUp.others = undefined;
  if (waiter) answer(waiter, result);
  if (others) for (const other of others) answer(other, result);
}
