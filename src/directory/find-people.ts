import { GatewayError } from '../errors.ts';
import type { Telemetry } from '../telemetry/events.ts';
import { countAnswers } from './count-answers.ts';
import { createFromMemory } from './from-memory.ts';
import { comparable, tryToParse } from './identifier.ts';
import type { LookupResult, Subject, Ticket } from './look-up.ts';
import type { Memory } from './memory.ts';
import type { Queue } from './queue.ts';
import { createStaleFallback } from './stale.ts';

/**
 * Finds people in memory, with look-ups that are under way, or by queueing some.
 * @param identifiers as clients wrote them, with repeats.
 * @returns one result for each identifier, in the order asked; a promise only where somebody has to be waited for.
 */
export type FindPeople = (
  subject: Subject,
  identifiers: readonly string[],
  ticket: Ticket,
) => LookupResult[] | Promise<LookupResult[]>;

export function createFindPeople(memory: Memory, queue: Queue, telemetry: Telemetry): FindPeople {
  const fromMemory = createFromMemory(memory, queue);
  const staleFallback = createStaleFallback(memory, queue);
  const { isShared } = memory;

  return function findPeople(subject, identifiers, ticket) {
    const { kind } = subject;
    // The usual question of a busy gateway: one person, whom it remembers.
    if (identifiers.length === 1) {
      const spelling = tryToParse(kind, identifiers[0] ?? '');
      if (spelling instanceof GatewayError) return tellKnown(subject, [spelling], 0, ticket);
      const id = comparable(kind, spelling);
      const known = remembered(subject, id, ticket);
      return known === undefined
        ? lookUp(subject, [id], new Map(), new Map([[id, spelling]]), ticket)
        : tellKnown(subject, [known], 1, ticket);
    }
    const known = new Map<string, LookupResult>();
    const unknown = new Map<string, string>();
    const ids = identifiers.map((raw) => {
      const spelling = tryToParse(kind, raw);
      if (spelling instanceof GatewayError) return spelling;
      const id = comparable(kind, spelling);
      if (known.has(id) || unknown.has(id)) return id;
      const hit = remembered(subject, id, ticket);
      if (hit === undefined) unknown.set(id, spelling);
      else known.set(id, hit);
      return id;
    });
    if (unknown.size > 0) return lookUp(subject, ids, known, unknown, ticket);
    const malformed = ids.filter((id) => id instanceof GatewayError);
    tellKnown(subject, [...known.values(), ...malformed], known.size, ticket);
    return inOrder(ids, known);
  };

  function remembered(subject: Subject, id: string, ticket: Ticket): LookupResult | undefined {
    return memory.rejectionOf(subject, id) ?? (ticket.wantsFresh ? undefined : fromMemory(subject, id, ticket));
  }

  function tellKnown({ kind }: Subject, answers: LookupResult[], cacheHits: number, ticket: Ticket): LookupResult[] {
    ticket.receipt.cacheHits += cacheHits;
    const sharedHits = isShared ? 0 : undefined;
    telemetry({ type: 'look-ups', kind, cacheHits, sharedHits, joined: 0, queued: 0, shed: 0 });
    telemetry(countAnswers(kind, answers, 0));
    return answers;
  }

  async function lookUp(
    subject: Subject,
    ids: readonly (string | GatewayError)[],
    known: Map<string, LookupResult>,
    unknown: ReadonlyMap<string, string>,
    ticket: Ticket,
  ): Promise<LookupResult[]> {
    const { kind } = subject;
    const inMemory = known.size;
    const coming = new Map<string, Promise<LookupResult>>();
    let missing = new Map<string, string>();
    const join = (id: string, spelling: string) => {
      const underWay = queue.join(subject, id, ticket);
      if (underWay) coming.set(id, underWay);
      else missing.set(id, spelling);
    };
    for (const [id, spelling] of unknown) join(id, spelling);
    if (isShared && missing.size > 0 && !ticket.wantsFresh && !ticket.userToken) {
      await memory.learnFromOthers(subject, missing.keys());
      const looked = missing;
      missing = new Map();
      for (const [id, spelling] of looked) {
        const hit = remembered(subject, id, ticket);
        // Others may have begun to look for them in the meantime.
        if (hit === undefined) join(id, spelling);
        else known.set(id, hit);
      }
    }
    const [cacheHits, joined] = [known.size, coming.size];
    ticket.receipt.cacheHits += cacheHits;
    ticket.receipt.joined += joined;

    const queued = queue.add(subject, missing, ticket);
    const shed = queued instanceof GatewayError ? missing.size : 0;
    telemetry({
      type: 'look-ups',
      kind,
      cacheHits: inMemory,
      sharedHits: isShared ? cacheHits - inMemory : undefined,
      joined,
      queued: missing.size - shed,
      shed,
    });
    if (queued instanceof GatewayError) for (const id of missing.keys()) coming.set(id, Promise.resolve(queued));
    else for (const [id, answer] of queued) coming.set(id, answer);

    let stale = 0;
    const orStale = staleFallback(subject, ticket, () => stale++);
    await Promise.all(Array.from(coming, async ([id, answer]) => known.set(id, await orStale(id, answer))));
    const malformed = ids.filter((id) => id instanceof GatewayError);
    telemetry(countAnswers(kind, [...known.values(), ...malformed], stale));
    return inOrder(ids, known);
  }
}

const inOrder = (ids: readonly (string | GatewayError)[], known: ReadonlyMap<string, LookupResult>): LookupResult[] =>
  ids.map((id) => (id instanceof GatewayError ? id : (known.get(id) ?? null)));
