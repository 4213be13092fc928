import type { LookUp, LookupResult, Ticket } from './look-up.ts';

/** What one request is answered for its identifiers: what is there, and who is waited for. */
export interface Answers {
  readonly ticket: Ticket;
  /** One for each identifier, in the order asked; `null` where it is still to come. */
  readonly results: LookupResult[];
  /** All who were waited for. */
  readonly waiters: Waiter[];
  /** How many of them wait. */
  waiting: number;
  /** How many places are to be filled. */
  open: number;
  /** Called when the last place is filled. */
  onFilled: (() => void) | undefined;
  /** Called for look-ups that are not waited for any more, before there is an answer. */
  readonly onLeave: (lookUp: LookUp) => void;
}

/** One request that waits for one look-up. */
export interface Waiter {
  readonly ticket: Ticket;
  readonly lookUp: LookUp;
  readonly answers: Answers;
  /** Where its answer belongs. */
  readonly place: number;
  isWaiting: boolean;
  /** False once there is something at its place. */
  isOpen: boolean;
}

/** @param onLeave called for look-ups that are not waited for any more, before there is an answer. */
export function createAnswers(ticket: Ticket, results: LookupResult[], onLeave: (lookUp: LookUp) => void): Answers {
  return { ticket, results, waiters: [], waiting: 0, open: 0, onFilled: undefined, onLeave };
}

/** Waits for a look-up. The ticket has to be told when all of a request do. */
export function waitFor(answers: Answers, lookUp: LookUp, place: number): void {
  const waiter = { ticket: answers.ticket, lookUp, answers, place, isWaiting: true, isOpen: true };
  // Nearly all are waited for by one request, and an array that grows makes room for many.
  if (lookUp.waiters.length === 0) lookUp.waiters = [waiter];
  else lookUp.waiters.push(waiter);
  answers.waiters.push(waiter);
  answers.waiting++;
  answers.open++;
}

/** Gives the waiter its answer. */
export function answer(waiter: Waiter, result: LookupResult): void {
  if (!waiter.isWaiting) return;
  waiter.isWaiting = false;
  const { answers, ticket } = waiter;
  if (--answers.waiting === 0) ticket.unwatch(answers);
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
  const index = lookUp.waiters.indexOf(waiter);
  if (index >= 0) lookUp.waiters.splice(index, 1);
  answer(waiter, result);
  answers.onLeave(lookUp);
}

/** Answers everybody who waits. */
export function settle(lookUp: LookUp, result: LookupResult): void {
  const { waiters } = lookUp;
  lookUp.state = 'done';
  lookUp.waiters = [];
  for (const waiter of waiters) answer(waiter, result);
}
