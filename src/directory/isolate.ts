import { GatewayError } from '../errors.ts';
import type { Clock } from '../policies/clock.ts';
import { createPace } from '../policies/pace.ts';
import { type LookUp, type PoisonSearch, troubleOf } from './look-up.ts';
import { isAwaited, waitersOf } from './waiters.ts';

/** Finds the one identifier for which the user API refuses a whole call, by asking for parts of it. */
export interface Isolation {
  /**
   * Goes on with the search that a call belongs to, and begins one where a batch was refused.
   * @param asked the look-ups of the call.
   * @param told what became of it; an error where nobody in it got an answer.
   */
  afterCall(asked: readonly LookUp[], told: 'refused' | 'answered' | 'cancelled' | GatewayError): void;
}

export interface IsolationOptions {
  clock: Clock;
  /** To be asked for in a call of their own, after a pause. */
  ask(group: readonly LookUp[], inMs: number): void;
  /** Called for look-ups for which there is no further call. */
  onGivenUp(lookUp: LookUp, error: GatewayError): void;
}

const CALLS_PER_BATCH = 20;
/** Over all batches, so that malformed values cannot use up the quota of everybody. */
const CALLS_PER_SECOND = 3;

/**
 * Halves whatever is known to hold the refused identifier, one call at a time: a half that is answered clears the blame of its
 * members and puts it on the other half, which then need not be asked for as a whole. What is left aside on the way is
 * asked for in one call: when it is most of the batch, or when the identifier is found. That takes about log₂ n + 3 calls.
 */
export function createIsolation({ clock, ask, onGivenUp }: IsolationOptions): Isolation {
  const pace = createPace(CALLS_PER_SECOND, clock);

  return {
    afterCall(asked, told) {
      const search = asked[0]?.trouble?.search ?? (told === 'refused' ? beginSearch(asked) : undefined);
      if (!search) return;
      const isAsked = new Set(asked);
      const group = search.suspects.find((suspects) => suspects.some((lookUp) => isAsked.has(lookUp))) ?? [];
      const rest = group.filter((lookUp) => !isAsked.has(lookUp));
      search.others = search.others.filter((lookUp) => !isAsked.has(lookUp));
      search.suspects = search.suspects.filter((suspects) => suspects !== group);
      if (told === 'answered') search.suspects.push(rest);
      else search.others.push(...rest);
      if (told === 'cancelled') search.others.push(...asked);
      // Alone it is found, and has its answer.
      if (told === 'refused' && asked.length > 1) search.suspects.push(asked);
      if (told instanceof GatewayError) giveUp(search, told);
      else goOn(search);
    },
  };

  function goOn(search: PoisonSearch): void {
    // Whoever nobody waits for need not be found.
    const isWanted = (lookUp: LookUp) => {
      if (!isAwaited(lookUp) && lookUp.state !== 'done') onGivenUp(lookUp, tooMany(lookUp));
      return lookUp.state !== 'done';
    };
    search.others = search.others.filter(isWanted);
    search.suspects = search.suspects.map((group) => group.filter(isWanted)).filter((group) => group.length > 0);
    const { others } = search;
    const group = search.suspects.at(-1);
    const next = !group || others.length * 2 > search.size ? others : group.slice(0, Math.ceil(group.length / 2));
    if (next.length === 0) return;

    const deadlineAt = Math.max(...unanswered(search).map(latestDeadline));
    const inMs = search.callsLeft > 0 ? pace.nextTurn(deadlineAt - clock()) : undefined;
    if (inMs === undefined) giveUp(search);
    else {
      search.callsLeft--;
      ask(next, inMs);
    }
  }

  function giveUp(search: PoisonSearch, error?: GatewayError): void {
    for (const lookUp of unanswered(search)) onGivenUp(lookUp, error ?? tooMany(lookUp));
  }
}

function beginSearch(batch: readonly LookUp[]): PoisonSearch {
  const search = { size: batch.length, callsLeft: CALLS_PER_BATCH, suspects: [], others: [...batch] };
  for (const lookUp of batch) troubleOf(lookUp).search = search;
  return search;
}

const unanswered = ({ suspects, others }: PoisonSearch) => [...suspects.flat(), ...others];

const latestDeadline = (lookUp: LookUp) =>
  Math.max(...waitersOf(lookUp).map(({ answers }) => answers.ticket.deadlineAt));

const tooMany = ({ trouble }: LookUp) =>
  new GatewayError(
    'UPSTREAM_REJECTED',
    'The user API refuses a value that was asked for together with this one, and there are too many such values to find it.',
    { upstream: trouble?.lastError?.upstream },
  );
