import type { Telemetry } from '../telemetry/events.ts';
import type { LookupKind } from '../upstream/user-query.ts';
import { type Answers, addPlace, createAnswers } from './answers.ts';
import { countAnswers } from './count-answers.ts';
import { createFromMemory } from './from-memory.ts';
import { comparable, tryToParse } from './identifier.ts';
import type { LookupResult, Subject, Ticket } from './look-up.ts';
import type { Memory } from './memory.ts';
import type { Queue } from './queue.ts';
import { createStaleFallback } from './stale.ts';
import type { Waiter } from './waiters.ts';

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
    const seen = identifiers.length > 1 ? new Set<string | number>() : undefined;
    let hasRepeats = false;
    let answers: Answers | undefined;
    let inMemory = 0;
    for (let place = 0; place < identifiers.length; place++) {
      const raw = identifiers[place] as string;
      const spelling = tryToParse(kind, raw);
      const id = idAt(kind, identifiers, place);
      if (seen && !addTo(seen, id)) {
        hasRepeats = true;
        continue;
      }
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
      answers ??= createAnswers(ticket, results, queue.abandon);
      addPlace(answers, id as string, spelling, place);
    }
    const repeats = hasRepeats ? repeatsIn(kind, identifiers) : NONE;
    const search = { subject, ticket, results, repeats, inMemory };
    if (answers) return lookUp(search, answers);
    tell(search, { shared: 0, joined: 0, queued: 0, shed: 0 });
    return finish(search, 0);
  };

  function remembered(subject: Subject, id: string, ticket: Ticket): LookupResult | undefined {
    return memory.rejectionOf(subject, id) ?? (ticket.wantsFresh ? undefined : fromMemory(subject, id, ticket));
  }

  function lookUp(search: Search, answers: Answers): LookupResult[] | Promise<LookupResult[]> {
    const { subject, ticket } = search;
    const missing = queue.join(subject, answers.places, ticket);
    const asksOthers = isShared && missing.length > 0 && !ticket.wantsFresh && !ticket.userToken;
    return asksOthers ? askOthers(search, answers, missing) : queueRest(search, answers, missing);
  }

  /** What other processes know need not be looked up. */
  async function askOthers(search: Search, answers: Answers, missing: readonly Waiter[]): Promise<LookupResult[]> {
    const { subject, ticket, results } = search;
    ticket.watch(answers);
    await memory.learnFromOthers(
      subject,
      missing.map(({ id }) => id),
    );
    const told = new Set<Waiter>();
    for (const waiter of missing) {
      const known = remembered(subject, waiter.id, ticket);
      if (known === undefined) continue;
      results[waiter.place] = known;
      told.add(waiter);
    }
    const isUnknown = (waiter: Waiter) => !told.has(waiter);
    answers.places = answers.places.filter(isUnknown);
    // Others may have begun to look for them in the meantime.
    const stillMissing = queue.join(subject, missing.filter(isUnknown), ticket);
    return queueRest(search, answers, stillMissing, told.size);
  }

  /** @param shared how many other processes told of. */
  function queueRest(
    search: Search,
    answers: Answers,
    missing: readonly Waiter[],
    shared = 0,
  ): LookupResult[] | Promise<LookupResult[]> {
    const { subject, ticket, results } = search;
    const refusal = queue.add(subject, missing, ticket);
    if (refusal) for (const { place } of missing) results[place] = refusal;
    const shed = refusal ? missing.length : 0;
    tell(search, { shared, joined: answers.places.length - missing.length, queued: missing.length - shed, shed });
    const fillInStale = staleFallback(subject, answers);
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

/** What cannot be an identifier is repeated like what can; a program in JavaScript may give what is no text at all. */
function idAt(kind: LookupKind, identifiers: readonly string[], place: number): string | number {
  const raw = identifiers[place];
  return typeof raw === 'string' ? comparable(kind, raw) : place;
}

/** @returns false where it was there already. One question, not two: there are hundreds. */
function addTo<Value>(set: Set<Value>, value: Value): boolean {
  const before = set.size;
  return set.add(value).size > before;
}

function repeatsIn(kind: LookupKind, identifiers: readonly string[]): Repeat[] {
  const firsts = new Map<string | number, number>();
  const repeats: Repeat[] = [];
  for (let place = 0; place < identifiers.length; place++) {
    const id = idAt(kind, identifiers, place);
    const first = firsts.get(id);
    if (first === undefined) firsts.set(id, place);
    else repeats.push({ place, first });
  }
  return repeats;
}

function withoutRepeats(results: readonly LookupResult[], repeats: readonly Repeat[]): LookupResult[] {
  const places = new Set(repeats.map(({ place }) => place));
  return results.filter((_, place) => !places.has(place));
}
