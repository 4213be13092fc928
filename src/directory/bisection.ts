import { GatewayError } from '../errors.ts';
import type { Clock } from '../policies/clock.ts';
import { createPace } from '../policies/pace.ts';
import { type Bisection, hasWaiters, type Lookup, waitersOf } from './lookup.ts';

export interface BisectorOptions {
  clock: Clock;
  /** Sends these in a call of their own, after a delay. */
  send(group: readonly Lookup[], delayMs: number): void;
  /** Called for lookups that get no further call. */
  giveUp(lookup: Lookup, error: GatewayError): void;
}

/** What a call showed: that a value in it was rejected, that none was, nothing, or why it failed otherwise. */
export type BisectionStep = 'rejected' | 'accepted' | 'cancelled' | GatewayError;

const CALLS_PER_BATCH = 20;
/** Over all batches of a credential, so that malformed values cannot use up its quota. */
const CALLS_PER_SECOND = 3;

/**
 * Finds the one identifier, or the few, for which the user API rejects a whole batch (20006, 9999), since it does not say which. Splits
 * a group that is known to hold one, a call at a time: a half that is accepted clears its members and leaves the suspicion with the other
 * half, which then need not be sent as a whole. What is put aside on the way is sent in one call, once it is most of the batch or when
 * the identifier is found. That takes about log₂ n + 3 calls.
 *
 * @returns to be called after each call with its lookups: goes on with their bisection, and begins one where a batch was rejected.
 */
export function createBisector({ clock, send, giveUp }: BisectorOptions) {
  const pace = createPace(CALLS_PER_SECOND, clock);

  return function afterCall(sent: readonly Lookup[], step: BisectionStep): void {
    const search = sent[0]?.bisection ?? (step === 'rejected' ? begin(sent) : undefined);
    if (!search) return;
    const wasSent = new Set(sent);
    const group = search.suspects.find((suspects) => suspects.some((lookup) => wasSent.has(lookup))) ?? [];
    const rest = group.filter((lookup) => !wasSent.has(lookup));
    search.others = search.others.filter((lookup) => !wasSent.has(lookup));
    search.suspects = search.suspects.filter((suspects) => suspects !== group);
    if (step === 'accepted') search.suspects.push(rest);
    else search.others.push(...rest);
    if (step === 'cancelled') search.others.push(...sent);
    // A single one is found, and has its result.
    if (step === 'rejected' && sent.length > 1) search.suspects.push(sent);
    if (step instanceof GatewayError) giveUpAll(search, step);
    else next(search);
  };

  function next(search: Bisection): void {
    const isPending = (lookup: Lookup) => {
      if (!hasWaiters(lookup) && lookup.state !== 'done') giveUp(lookup, tooManyRejected(lookup));
      return lookup.state !== 'done';
    };
    search.others = search.others.filter(isPending);
    search.suspects = search.suspects.map((group) => group.filter(isPending)).filter((group) => group.length > 0);
    const { others } = search;
    const group = search.suspects.at(-1);
    const part = !group || others.length * 2 > search.size ? others : group.slice(0, Math.ceil(group.length / 2));
    if (part.length === 0) return;

    const deadlineAt = Math.max(...pending(search).map(latestDeadline));
    const delayMs = search.callsLeft > 0 ? pace.nextPermit(deadlineAt - clock()) : undefined;
    if (delayMs === undefined) {
      giveUpAll(search);
      return;
    }
    search.callsLeft--;
    send(part, delayMs);
  }

  function giveUpAll(search: Bisection, error?: GatewayError): void {
    for (const lookup of pending(search)) giveUp(lookup, error ?? tooManyRejected(lookup));
  }
}

function begin(batch: readonly Lookup[]): Bisection {
  const search = { size: batch.length, callsLeft: CALLS_PER_BATCH, suspects: [], others: [...batch] };
  for (const lookup of batch) lookup.bisection = search;
  return search;
}

const pending = ({ suspects, others }: Bisection) => [...suspects.flat(), ...others];

const latestDeadline = (lookup: Lookup) => Math.max(...waitersOf(lookup).map(({ list }) => list.request.deadlineAt));

const tooManyRejected = ({ lastError }: Lookup) =>
  new GatewayError(
    'UPSTREAM_REJECTED',
    'The user API rejects a value that was sent together with this one, and there are too many such values to find them.',
    { upstream: lastError?.upstream },
  );
