import type { Telemetry } from '../telemetry/events.ts';
import { type Answers, addPlace, createAnswers } from './answers.ts';
import { BUNDLE_SIZE, type Missing, type PartedList, partList } from './bundles/part-list.ts';
import { countAnswers } from './count-answers.ts';
import { createFromMemory } from './from-memory.ts';
import { tryToParse } from './identifier.ts';
import type { LookupResult, Subject, Ticket } from './look-up.ts';
import type { Memory } from './memory.ts';
import type { Queue } from './queue.ts';
import { addTo, idAt, type Repeat, repeatsIn, withoutRepeats } from './repeats.ts';
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
    const long: Missing | undefined =
      identifiers.length >= BUNDLE_SIZE && !mayAskOthers(ticket) ? { ids: [], spellings: [], places: [] } : undefined;
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
      if (long) {
        long.ids.push(id as string);
        long.spellings.push(spelling);
        long.places.push(place);
      } else addPlace(answers, id as string, spelling, place);
    }
    const repeats = hasRepeats ? repeatsIn(kind, identifiers) : NONE;
    const search = { subject, ticket, results, repeats, inMemory };
    if (answers) return lookUp(search, answers, partedList(search, answers, long, seen));
    tell(search, { shared: 0, joined: 0, queued: 0, shed: 0 });
    return finish(search, 0);
  };

  function remembered(subject: Subject, id: string, ticket: Ticket): LookupResult | undefined {
    return memory.rejectionOf(subject, id) ?? (ticket.wantsFresh ? undefined : fromMemory(subject, id, ticket));
  }

  /** Others know nobody who is new enough, and what a caller may see with a token of their own is not for all. */
  function mayAskOthers({ wantsFresh, userToken }: Ticket): boolean {
    return isShared && !wantsFresh && !userToken;
  }

  /** @returns the whole parts of a long list; whoever is in none of them has a place in the answers then. `undefined` for other lists. */
  function partedList(
    { subject, ticket }: Search,
    answers: Answers,
    long: Missing | undefined,
    seen: ReadonlySet<string | number> | undefined,
  ): PartedList | undefined {
    if (!long || !seen) return undefined;
    const mayBeStale = !ticket.wantsFresh && !ticket.userToken;
    const isApart = (id: string, code: number) =>
      queue.isUnderWay(subject, id, code) || (mayBeStale && memory.getStale(subject, id) !== undefined);
    return { ids: seen, parts: partList(long, answers, isApart) };
  }

  function lookUp(
    search: Search,
    answers: Answers,
    parted: PartedList | undefined,
  ): LookupResult[] | Promise<LookupResult[]> {
    const { subject, ticket } = search;
    const missing = queue.join(subject, answers.places, ticket);
    const asksOthers = missing.length > 0 && mayAskOthers(ticket);
    return asksOthers ? askOthers(search, answers, missing) : queueRest(search, answers, missing, parted);
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
    return queueRest(search, answers, stillMissing, undefined, told.size);
  }

  /** @param shared how many other processes told of. */
  function queueRest(
    search: Search,
    answers: Answers,
    missing: readonly Waiter[],
    parted: PartedList | undefined,
    shared = 0,
  ): LookupResult[] | Promise<LookupResult[]> {
    const { subject, ticket, results } = search;
    const joined = answers.places.length - missing.length;
    const parts = parted?.parts ?? NONE;
    const count = missing.length + parts.length * BUNDLE_SIZE;
    const refusal = queue.add(subject, missing, parted, answers);
    if (refusal) {
      for (const { place } of missing) results[place] = refusal;
      for (const { places } of parts) for (const place of places) results[place] = refusal;
    }
    tell(search, { shared, joined, queued: refusal ? 0 : count, shed: refusal ? count : 0 });
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
