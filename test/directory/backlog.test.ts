import { expect, it } from 'vitest';
import { createBacklog } from '../../src/directory/backlog.ts';
import { createLookUp, createSubject, type LookUp, type Ticket } from '../../src/directory/look-up.ts';
import { createTicket } from '../../src/directory/ticket.ts';

it('a full queue makes room with the newest of whoever has most in it, not of whoever came first', () => {
  const all: LookUp[] = [];
  const backlog = createBacklog(5, (isMeant) => all.filter(isMeant));
  const queue = (owner: Ticket, ids: readonly string[]) => {
    for (const id of ids) {
      const lookUp = createLookUp(createSubject('plugin', 'key'), id, id, owner, 0);
      all.push(lookUp);
      backlog.add(lookUp);
    }
  };
  queue(createTicket(), ['1', '2']);
  queue(createTicket(), ['3', '4', '5']);
  expect(backlog.makeRoom(createTicket(), 1)?.map(({ id }) => id)).toEqual(['5']);
  // As large as the largest: then the newcomer is the one to go.
  expect(backlog.makeRoom(createTicket(), 3)).toBeUndefined();
});
