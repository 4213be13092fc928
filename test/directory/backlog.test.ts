import { describe, expect, it } from 'vitest';
import { addPlace, createAnswers, leave, waitFor } from '../../src/directory/answers.ts';
import { createBacklog } from '../../src/directory/backlog.ts';
import { createLookUp, createSubject, type LookUp, type Ticket } from '../../src/directory/look-up.ts';
import { createTicket } from '../../src/directory/ticket.ts';
import { GatewayError } from '../../src/errors.ts';

function fullQueue(limit: number) {
  const all: LookUp[] = [];
  const backlog = createBacklog(limit, () => all);
  const wait = (ticket: Ticket, lookUp: LookUp) =>
    waitFor(
      addPlace(
        createAnswers(ticket, [null], () => {}),
        lookUp.id,
        lookUp.id,
        0,
      ),
      lookUp,
    );
  const queue = (owner: Ticket, ids: readonly string[]) =>
    ids.map((id) => {
      const lookUp = createLookUp(createSubject('plugin', 'key'), id, id, owner, 0);
      all.push(lookUp);
      backlog.add(lookUp);
      wait(owner, lookUp);
      return lookUp;
    });
  return { queue, wait, shedFor: (count: number) => backlog.makeRoom(createTicket(), count)?.map(({ id }) => id) };
}

describe('a full queue', () => {
  it('makes room with the newest of whoever has most in it, not of whoever came first', () => {
    const { queue, shedFor } = fullQueue(5);
    queue(createTicket(), ['1', '2']);
    queue(createTicket(), ['3', '4', '5']);
    expect(shedFor(1)).toEqual(['5']);
    // As large as the largest: then the newcomer is the one to go.
    expect(shedFor(3)).toBeUndefined();
  });

  it('sends nobody away for a person whom somebody else waits for, with them or after they have left', () => {
    const { queue, wait, shedFor } = fullQueue(5);
    const owner = createTicket();
    const [, , fourth, fifth] = queue(owner, ['2', '3', '4', '5']);
    queue(createTicket(), ['1']);
    if (!fourth || !fifth) throw new Error('Expected four look-ups.');
    for (const lookUp of [fourth, fifth]) wait(createTicket(), lookUp);
    if (fifth.waiter) leave(fifth.waiter, new GatewayError('OVERLOADED', 'full'));
    expect(shedFor(2)).toEqual(['2', '3']);
    expect(shedFor(3)).toBeUndefined();
  });
});
