import { createSubject, type LookupResult, type Subject, type Ticket } from './look-up.ts';
import type { Memory } from './memory.ts';
import type { Queue } from './queue.ts';

/** Finds whom the process remembers. @returns `undefined` for who has to be looked up. */
export type FromMemory = (subject: Subject, id: string, ticket: Ticket) => LookupResult | undefined;

/** Popular people close to the end of their time are asked for ahead, on the way. */
export function createFromMemory(memory: Memory, queue: Queue): FromMemory {
  return function fromMemory(subject, id, ticket) {
    // A caller's own token shows people from memory only while the user API is known to take it, and is not used without them asking.
    if (ticket.userToken && !queue.isAccepted(ticket.identity)) return undefined;
    const hit = memory.get(subject, id);
    if (hit?.person && hit.refreshUntil !== undefined && !ticket.userToken) {
      // By key, whichever identifier made them popular: that renews all but the address, which only a search by it can.
      if (subject.kind === 'email') void refreshAhead(ticket, subject, id, hit.refreshUntil);
      else void refreshAhead(ticket, createSubject(ticket.identity, 'key'), hit.person.key, hit.refreshUntil);
    }
    return hit?.person;
  };

  /** Unless another gateway has just asked. */
  async function refreshAhead(ticket: Ticket, subject: Subject, id: string, until: number): Promise<void> {
    if (memory.isShared) await memory.learnFromOthers(subject, [id]);
    // Meanwhile the gateway may have been told to forget them.
    if (!memory.getStale(subject, id)) return;
    if (!memory.isFreshAt(subject, id, until)) queue.refreshAhead(ticket, subject, id, until);
  }
}
