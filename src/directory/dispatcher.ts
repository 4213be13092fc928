import { GatewayError } from '../errors.ts';
import type { Breaker } from '../policies/breaker.ts';
import { createCancel } from '../policies/cancel.ts';
import type { Quota, Slot } from '../policies/quota.ts';
import { type ApiCallOptions, createApiCall } from './api-call.ts';
import { type Batch, lookUpsOf, putIn, withoutDone } from './bundles/batch.ts';
import { Bundle } from './bundles/bundle.ts';
import { createIsolation } from './isolate.ts';
import { createLanes } from './lanes.ts';
import { type Call, type LookUp, type LookupResult, type Subject, type Ticket, troubleOf } from './look-up.ts';
import { isInputRefused, isPause, type Outcome, whatIsTold } from './outcome.ts';
import { nobodyWaits, resting, shuttingDown } from './refusals.ts';
import { isAwaited, moveWaiters } from './waiters.ts';

export interface DispatcherOptions extends ApiCallOptions {
  quota: Quota;
  /** Refreshes ahead that may use what is left of a batch, at most `room`. */
  fillUp(subject: Subject, room: number): LookUp[];
  /** Called for what leaves the queue. */
  onSent(batch: Batch): void;
  /** Called for look-ups that need another call. @returns a newer one of the same identifier, which does for both. */
  renew(lookUp: LookUp): LookUp | undefined;
  /** Called for look-ups that go back into the queue for another call. */
  onQueuedAgain(lookUps: readonly LookUp[]): void;
  /** Called for the look-ups of a call that is ended because nobody waits for any of them. */
  onCancelled(lookUps: readonly LookUp[]): void;
  /** Called for an identifier that the user API refuses even in a call of its own. @param sentAt when that left. */
  onRefusedAlone(lookUp: LookUp, error: GatewayError, sentAt: number): void;
  /** Called with the answers of a bundle that is whole, in its order. @param sentAt when its call left. */
  onBundleResults(bundle: Bundle, results: readonly LookupResult[], sentAt: number): void;
  /** Called with the answer of each look-up. @param sentAt when its call left. */
  onResult(lookUp: LookUp, result: LookupResult, sentAt: number): void;
  /** Called when a call has ended and its look-ups have their results. */
  onCallEnded(): void;
}

/** Sends the look-ups of one credential: a lane for each subject, in turn, in batches of up to 100, as the quota allows. */
export interface Dispatcher {
  readonly quota: Quota;
  readonly breaker: Breaker;
  /** Queues look-ups of one subject, in the turn of a request. */
  enqueue(subject: Subject, lookUps: readonly (LookUp | Bundle)[], request: Ticket): void;
  /**
   * To be called when nobody waits for a look-up any more: takes it out of the queue, or ends its call where nobody waits for
   * any of it.
   * @returns true where it was in the queue.
   */
  abandon(lookUp: LookUp): boolean;
  /** Rough milliseconds until this many look-ups of one request would have left. */
  estimateMs(subject: Subject, count: number): number;
  /** Refreshes ahead where nothing waits and less than half of the quota is in use. */
  refreshInSpareQuota(subject: Subject): void;
  /** True where nothing is queued, under way or to be repeated, and no call counts against the quota any more. */
  isIdle(): boolean;
  /** Ends what is under way. Nothing is sent any more. */
  dispose(): void;
}

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { quota, breaker, clock, telemetry } = options;
  const lanes = createLanes({
    quota,
    fillUp: options.fillUp,
    send: (subject, batch, take) => void send(subject, batch, take),
  });
  const calls = new Set<Call>();
  const pauses = new Set<NodeJS.Timeout>();
  const isolation = createIsolation({
    clock,
    ask: (group, inMs) => after(inMs, () => queueAgain(group)),
    onGivenUp: (lookUp, error) => options.onResult(lookUp, error, clock()),
  });
  const callApi = createApiCall(options);

  return {
    quota,
    breaker,
    enqueue: lanes.add,
    abandon(lookUp) {
      const { call } = lookUp;
      // A search finds out at its next turn who is gone.
      if (!call && lookUp.trouble?.search) return lookUp.state === 'queued';
      if (!call) return lanes.remove(lookUp);
      if (!call.lookUps.some(isAwaited)) {
        options.onCancelled(call.lookUps);
        call.cancel.abort(nobodyWaits());
      }
      return false;
    },
    estimateMs: lanes.estimateMs,
    refreshInSpareQuota: lanes.refreshInSpareQuota,
    isIdle: () => calls.size === 0 && pauses.size === 0 && lanes.isEmpty() && quota.isIdle(),
    dispose() {
      lanes.dispose();
      for (const pause of pauses) clearTimeout(pause);
      for (const { cancel } of calls) cancel.abort(shuttingDown());
    },
  };

  async function send(subject: Subject, queued: Batch, take: () => Slot): Promise<void> {
    const sentAt = clock();
    const batch = withoutDone(queued);
    if (batch.length === 0) {
      isolation.afterCall(lookUpsOf(queued), 'cancelled');
      return;
    }
    const openMs = breaker.openMs();
    if (openMs > 0) {
      // The quota is not for calls that are not made.
      const lookUps = lookUpsOf(batch);
      if (breaker.isTrying()) {
        after(openMs, () => queueAgain(lookUps));
        return;
      }
      for (const lookUp of lookUps) options.onResult(lookUp, lastErrorOf(lookUp) ?? resting(openMs), sentAt);
      isolation.afterCall(lookUps, resting(openMs));
      return;
    }
    const call: Call = { lookUps: [], cancel: createCancel() };
    const { oldest, refreshedAhead } = putIn(call, batch, sentAt);
    calls.add(call);
    options.onSent(batch);
    const waitedMs = sentAt - oldest;
    telemetry({ type: 'batch', kind: subject.kind, identifiers: batch.length, refreshedAhead, waitedMs });
    const outcomes = await callApi(subject, batch, take(), call.cancel.signal);
    calls.delete(call);
    if (batch instanceof Bundle && batch.isWhole) options.onBundleResults(batch, outcomes as LookupResult[], sentAt);
    else goOn(lookUpsOf(batch), outcomes, call, sentAt);
    options.onCallEnded();
  }

  /** Each as its own outcome says. */
  function goOn(lookUps: readonly LookUp[], outcomes: readonly Outcome[], call: Call, sentAt: number): void {
    // What the set has outgrown stays in memory, with what was in it then.
    call.lookUps = [];
    for (const lookUp of lookUps) lookUp.call = undefined;
    let again: LookUp[] | undefined;
    let pauseMs = 0;
    for (let index = 0; index < lookUps.length; index++) {
      const lookUp = lookUps[index] as LookUp;
      const outcome = outcomes[index] ?? null;
      if (outcome === 'split') continue;
      if (isPause(outcome)) {
        again ??= [];
        again.push(lookUp);
        pauseMs = outcome.againInMs;
        continue;
      }
      if (lookUps.length === 1 && outcome instanceof GatewayError && isInputRefused(outcome)) {
        options.onRefusedAlone(lookUp, outcome, sentAt);
      }
      options.onResult(lookUp, outcome, sentAt);
    }
    if (again) after(pauseMs, () => queueAgain(again));
    else isolation.afterCall(lookUps, call.cancel.signal.aborted ? 'cancelled' : whatIsTold(outcomes));
  }

  function after(ms: number, action: () => void): void {
    if (ms <= 0) {
      action();
      return;
    }
    const pause = setTimeout(() => {
      pauses.delete(pause);
      action();
    }, ms);
    pauses.add(pause);
  }

  function queueAgain(lookUps: readonly LookUp[]): void {
    for (const lookUp of lookUps) giveWayToNewer(lookUp);
    const wanted = lookUps.filter(isAwaited);
    for (const lookUp of lookUps) {
      if (!isAwaited(lookUp)) options.onResult(lookUp, lastErrorOf(lookUp) ?? shuttingDown(), clock());
      else lookUp.state = 'queued';
    }
    const [first] = wanted;
    if (!first) {
      isolation.afterCall(lookUps, 'cancelled');
      return;
    }
    options.onQueuedAgain(wanted);
    lanes.addAgain(first.subject, wanted);
  }

  /** In one call an identifier has one answer: two look-ups of it must not be queued at a time. Searches have calls of their own. */
  function giveWayToNewer(lookUp: LookUp): void {
    const newer = lookUp.trouble?.search ? undefined : options.renew(lookUp);
    if (!newer) return;
    const moved = moveWaiters(lookUp, newer);
    const lastError = lookUp.trouble?.lastError;
    if (lastError) troubleOf(newer).lastError ??= lastError;
    if (moved.length > 0 && newer.state === 'queued' && !newer.trouble?.search) lanes.addAgain(newer.subject, [newer]);
  }
}

const lastErrorOf = ({ trouble }: LookUp) => trouble?.lastError;
