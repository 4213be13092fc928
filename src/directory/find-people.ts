import type { Telemetry } from '../telemetry/events.ts';
import { type Answers, createAnswers } from './answers.ts';
import { countAnswers } from './count-answers.ts';
import { createFromMemory } from './from-memory.ts';
import { comparable, tryToParse } from './identifier.ts';
import type { LookupResult, Subject, Ticket, Wanted } from './look-up.ts';
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

/** An identifier that was asked for before, in another place of the same list. */
interface Repeat {
  readonly place: number;
  readonly first: number;
}

/** One list of identifiers on its way. */
interface Search {
  readonly subject: Subject;
  readonly ticket: Ticket;
  /** One for each identifier, in the order asked; `null` where nothing is known yet. */
  readonly results: LookupResult[];
  readonly repeats: readonly Repeat[];
  /** How many are answered from the memory of this process. */
  readonly inMemory: number;
}

const NONE: readonly never[] = [];

export function createFindPeople(memory: Memory, queue: Queue, telemetry: Telemetry): FindPeople {
  const fromMemory = createFromMemory(memory, queue);
  const staleFallback = createStaleFallback(memory, queue);
  const { isShared } = memory;

  return function findPeople(subject, identifiers, ticket) {
    const { kind } = subject;
    const results = identifiers.map((): LookupResult => null);
    const firsts = identifiers.length > 1 ? new Map<string | number, number>() : undefined;
    let repeats: Repeat[] | undefined;
    let unknown: Wanted[] | undefined;
    let inMemory = 0;
    for (let place = 0; place < identifiers.length; place++) {
      const raw = identifiers[place] as string;
      const spelling = tryToParse(kind, raw);
      // What cannot be one is repeated like what can; a program in JavaScript may give what is no text at all.
      const id = typeof raw === 'string' ? comparable(kind, raw) : place;
      const first = firsts?.get(id);
      if (first !== undefined) {
        repeats ??= [];
        repeats.push({ place, first });
        continue;
      }
      firsts?.set(id, place);
      if (typeof spelling !== 'string') {
        results[place] = spelling;
        continue;
      }
      const known = remembered(subject, id as string, ticket);
      if (known !== undefined) {
        results[place] = known;
        inMemory++;
        continue;
      }
      const wanted = { id: id as string, spelling, place };
      // An array that grows makes room for many.
      if (unknown) unknown.push(wanted);
      else unknown = [wanted];
    }
    const search = { subject, ticket, results, repeats: repeats ?? NONE, inMemory };
    if (unknown) return lookUp(search, unknown);
    tell(search, { shared: 0, joined: 0, queued: 0, shed: 0 });
    return finish(search, 0);
  };

  function remembered(subject: Subject, id: string, ticket: Ticket): LookupResult | undefined {
    return memory.rejectionOf(subject, id) ?? (ticket.wantsFresh ? undefined : fromMemory(subject, id, ticket));
  }

  function lookUp(search: Search, unknown: readonly Wanted[]): LookupResult[] | Promise<LookupResult[]> {
    const { subject, ticket, results } = search;
    const answers = createAnswers(ticket, results, queue.abandon);
    const missing = queue.join(subject, unknown, answers);
    const asksOthers = isShared && missing.length > 0 && !ticket.wantsFresh && !ticket.userToken;
    return asksOthers ? askOthers(search, answers, unknown, missing) : queueRest(search, answers, unknown, missing);
  }

  /** What other processes know need not be looked up. */
  async function askOthers(
    search: Search,
    answers: Answers,
    unknown: readonly Wanted[],
    missing: readonly Wanted[],
  ): Promise<LookupResult[]> {
    const { subject, ticket, results } = search;
    ticket.watch(answers);
    await memory.learnFromOthers(
      subject,
      missing.map(({ id }) => id),
    );
    const told = new Set<Wanted>();
    for (const wanted of missing) {
      const known = remembered(subject, wanted.id, ticket);
      if (known === undefined) continue;
      results[wanted.place] = known;
      told.add(wanted);
    }
    const isUnknown = (wanted: Wanted) => !told.has(wanted);
    // Others may have begun to look for them in the meantime.
    const stillMissing = queue.join(subject, missing.filter(isUnknown), answers);
    return queueRest(search, answers, unknown.filter(isUnknown), stillMissing, told.size);
  }

  /** @param shared how many other processes told of. */
  function queueRest(
    search: Search,
    answers: Answers,
    unknown: readonly Wanted[],
    missing: readonly Wanted[],
    shared = 0,
  ): LookupResult[] | Promise<LookupResult[]> {
    const { subject, ticket, results } = search;
    const refusal = queue.add(subject, missing, answers);
    if (refusal) for (const { place } of missing) results[place] = refusal;
    const shed = refusal ? missing.length : 0;
    tell(search, { shared, joined: unknown.length - missing.length, queued: missing.length - shed, shed });
    const fillInStale = staleFallback(subject, unknown, answers);
    ticket.watch(answers);
    if (answers.open === 0) return finish(search, fillInStale?.() ?? 0);
    return new Promise<void>((resolve) => {
      answers.onFilled = resolve;
    }).then(() => finish(search, fillInStale?.() ?? 0));
  }

  function tell(
    { subject, ticket, inMemory }: Search,
    { shared, joined, queued, shed }: { shared: number; joined: number; queued: number; shed: number },
  ): void {
    ticket.receipt.cacheHits += inMemory + shared;
    ticket.receipt.joined += joined;
    const sharedHits = isShared ? shared : undefined;
    telemetry({ type: 'look-ups', kind: subject.kind, cacheHits: inMemory, sharedHits, joined, queued, shed });
  }

  /** @param stale how many of the people are. */
  function finish({ subject, results, repeats }: Search, stale: number): LookupResult[] {
    telemetry(countAnswers(subject.kind, repeats.length === 0 ? results : withoutRepeats(results, repeats), stale));
    for (const { place, first } of repeats) results[place] = results[first] ?? null;
    return results;
  }
}

function withoutRepeats(results: readonly LookupResult[], repeats: readonly Repeat[]): LookupResult[] {
  const places = new Set(repeats.map(({ place }) => place));
  return results.filter((_, place) => !places.has(place));
}
