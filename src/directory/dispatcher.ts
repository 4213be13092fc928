import { GatewayError } from '../errors.ts';
import type { Breaker } from '../policies/breaker.ts';
import { createCancel } from '../policies/cancel.ts';
import type { Quota, Slot } from '../policies/quota.ts';
import { type ApiCallOptions, createApiCall } from './api-call.ts';
import { createIsolation } from './isolate.ts';
import { createLanes } from './lanes.ts';
import type { Call, LookUp, LookupResult, Subject, Ticket } from './look-up.ts';
import { isInputRefused, isPause, whatIsTold } from './outcome.ts';
import { nobodyWaits, resting, shuttingDown } from './refusals.ts';
import { isAwaited } from './waiters.ts';

export interface DispatcherOptions extends ApiCallOptions {
  quota: Quota;
  /** Refreshes ahead that may use what is left of a batch, at most `room`. */
  fillUp(subject: Subject, room: number): LookUp[];
  /** Called for look-ups that leave the queue. */
  onSent(lookUps: readonly LookUp[]): void;
  /** Called for look-ups that go back into the queue for another call. */
  onQueuedAgain(lookUps: readonly LookUp[]): void;
  /** Called for the look-ups of a call that is ended because nobody waits for any of them. */
  onCancelled(lookUps: readonly LookUp[]): void;
  /** Called for an identifier that the user API refuses even in a call of its own. @param sentAt when that left. */
  onRefusedAlone(lookUp: LookUp, error: GatewayError, sentAt: number): void;
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
  enqueue(subject: Subject, lookUps: readonly LookUp[], request: Ticket): void;
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

  async function send(subject: Subject, batch: readonly LookUp[], take: () => Slot): Promise<void> {
    const sentAt = clock();
    const lookUps = batch.some(isDone) ? batch.filter((lookUp) => !isDone(lookUp)) : batch;
    if (lookUps.length === 0) {
      isolation.afterCall(batch, 'cancelled');
      return;
    }
    const openMs = breaker.openMs();
    if (openMs > 0) {
      // The quota is not for calls that are not made.
      for (const lookUp of lookUps) options.onResult(lookUp, lastErrorOf(lookUp) ?? resting(openMs), sentAt);
      isolation.afterCall(lookUps, resting(openMs));
      return;
    }
    const call: Call = { lookUps, cancel: createCancel() };
    let oldest = sentAt;
    let refreshedAhead = 0;
    for (const lookUp of lookUps) {
      if (lookUp.queuedAt < oldest) oldest = lookUp.queuedAt;
      if (!lookUp.owner) refreshedAhead++;
      lookUp.state = 'sent';
      lookUp.call = call;
    }
    calls.add(call);
    const waitedMs = sentAt - oldest;
    telemetry({ type: 'batch', kind: subject.kind, identifiers: lookUps.length, refreshedAhead, waitedMs });
    options.onSent(lookUps);
    const outcomes = await callApi(subject, lookUps, take(), call.cancel.signal);
    calls.delete(call);
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
    options.onCallEnded();
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
}

const lastErrorOf = ({ trouble }: LookUp) => trouble?.lastError;

const isDone = ({ state }: LookUp): boolean => state === 'done';
