import { type Answers, addPlace, waitFor } from '../answers.ts';
import {
  type Call,
  createLookUp,
  type LookUp,
  type LookupResult,
  type Subject,
  type Ticket,
  type Turn,
} from '../look-up.ts';
import type { BundleList } from './bundle-index.ts';
import type { Part } from './part-list.ts';

/**
 * A whole call of identifiers of one list, for which nobody else waits: they take their turn, leave and are answered as one. What
 * a long list takes, memory most of all, is what is kept of each of its look-ups; of these nothing is kept. Where one of them
 * gets a way of its own, look-ups are made of all of them, as they stand: somebody joins, the call fails or is not waited for, somebody is to
 * be shed or cannot wait out a pause, somebody is forgotten.
 */
export class Bundle {
  readonly subject: Subject;
  readonly owner: Ticket;
  readonly queuedAt: number;
  readonly length: number;
  /** Equal for two spellings of one identifier. */
  ids: readonly string[];
  spellings: readonly string[];
  /** A number for each of the identifiers. */
  codes: readonly number[];
  /** Where the index has it. */
  list: BundleList | undefined;
  /** The turn that it waits in, while it is whole. */
  turn: Turn | undefined;
  /** The call that it is in, while it is whole. */
  call: Call | undefined;
  /** That of the first of them in the backlog, the others come after it; 0 where they are not there. */
  backlogPlace = 0;
  #places: readonly number[];
  #answers: Answers | undefined;
  readonly #onDissolved: (bundle: Bundle, lookUps: readonly LookUp[]) => void;
  #lookUps: readonly LookUp[] | undefined;

  /** @param onDissolved called with the look-ups that take its place. */
  constructor(
    subject: Subject,
    { ids, spellings, places, codes }: Part,
    answers: Answers,
    queuedAt: number,
    onDissolved: (bundle: Bundle, lookUps: readonly LookUp[]) => void,
  ) {
    this.subject = subject;
    this.ids = ids;
    this.spellings = spellings;
    this.codes = codes;
    this.#places = places;
    this.#answers = answers;
    this.owner = answers.ticket;
    this.length = ids.length;
    this.queuedAt = queuedAt;
    this.#onDissolved = onDissolved;
    answers.waiting += ids.length;
    answers.open += ids.length;
  }

  /** False where look-ups have taken its place, and where it is answered. */
  get isWhole(): boolean {
    return this.#lookUps === undefined && this.#answers !== undefined;
  }

  /** @returns the look-ups that take its place from then on, in its order; none where all are answered. */
  dissolve(): readonly LookUp[] {
    const answers = this.#answers;
    if (this.#lookUps || !answers) return this.#lookUps ?? [];
    const { subject, spellings, owner, queuedAt, turn, call, backlogPlace } = this;
    // From here on each counts by itself.
    answers.waiting -= this.length;
    answers.open -= this.length;
    const lookUps = this.ids.map((id, index) => {
      const spelling = spellings[index] as string;
      const lookUp = createLookUp(subject, id, spelling, owner, queuedAt);
      lookUp.state = call ? 'sent' : 'queued';
      lookUp.call = call;
      if (turn) lookUp.turns = turn.alone;
      if (backlogPlace > 0) lookUp.backlogPlace = backlogPlace + index;
      waitFor(addPlace(answers, id, spelling, this.#places[index] as number), lookUp);
      return lookUp;
    });
    if (call) call.lookUps = lookUps;
    this.#lookUps = lookUps;
    this.#onDissolved(this, lookUps);
    return lookUps;
  }

  /** Answers all of them, where it is whole. @param results one for each, in its order. */
  settle(results: readonly LookupResult[]): void {
    const answers = this.#answers;
    if (this.#lookUps || !answers) return;
    const { length } = this;
    const places = this.#places;
    for (let index = 0; index < length; index++) answers.results[places[index] as number] = results[index] ?? null;
    // Whatever has outgrown a bundle keeps it for a while, and must not keep everybody's answers.
    this.#answers = undefined;
    this.ids = NONE;
    this.spellings = NONE;
    this.codes = NONE;
    this.#places = NONE;
    answers.waiting -= length;
    answers.open -= length;
    if (answers.waiting === 0) answers.ticket.unwatch(answers);
    if (answers.open === 0) answers.onFilled?.();
  }
}

const NONE: readonly never[] = [];
