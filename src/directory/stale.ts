import { GatewayError } from '../errors.ts';
import type { Person } from '../upstream/person.ts';
import { type Answers, fill } from './answers.ts';
import type { Subject } from './look-up.ts';
import type { Memory } from './memory.ts';
import { mayBeStale } from './outcome.ts';
import type { Queue } from './queue.ts';
import type { Waiter } from './waiters.ts';

/** How long to wait for the user API where there is somebody to show in the meantime. */
const PATIENCE_MS = 1_000;
/** How often to look from then on. */
const LOOK_AGAIN_MS = 100;

/**
 * Watches over answers to come of people whom the process knows from before, and shows these in place of an answer that is late.
 * @returns to be called when nothing is to come any more: shows them in place of trouble, too, and tells how many are shown.
 *   `undefined` where none of them is known from before.
 */
export type StaleFallback = (subject: Subject, answers: Answers) => (() => number) | undefined;

/**
 * In trouble, people whose time is over are better than none; unless the request said that it wants fresh ones, or asks
 * with a token of its own: whether that still may see them, nobody can say.
 */
export function createStaleFallback(memory: Memory, queue: Queue): StaleFallback {
  return function staleFallback(subject, answers) {
    const { ticket, results, places } = answers;
    if (ticket.wantsFresh || ticket.userToken) return undefined;
    const known = places.filter(({ id }) => memory.getStale(subject, id));
    if (known.length === 0 || queue.isRefused(subject.identity)) return undefined;
    let shown = 0;
    let looks = 0;
    let waiters = known;
    const timer = setInterval(() => {
      if (++looks * LOOK_AGAIN_MS >= PATIENCE_MS) waiters = waiters.filter(isPatient);
    }, LOOK_AGAIN_MS);

    return () => {
      clearInterval(timer);
      for (const { id, place } of known) {
        const result = results[place];
        const person = result instanceof GatewayError && mayBeStale(result) ? show(id) : undefined;
        if (person) results[place] = person;
      }
      return shown;
    };

    /** The user API has to be waited for, and not the gateway's own queue. */
    function isPatient(waiter: Waiter): boolean {
      if (!waiter.isOpen || !queue.hasLeft(waiter)) return waiter.isOpen;
      const person = show(waiter.id);
      if (person) fill(waiter, person);
      return false;
    }

    /** Once more: they may have been forgotten meanwhile, or the credential refused. */
    function show(id: string): Person | undefined {
      const person = queue.isRefused(subject.identity) ? undefined : memory.getStale(subject, id);
      if (!person) return undefined;
      ticket.receipt.stale++;
      shown++;
      return person;
    }
  };
}
