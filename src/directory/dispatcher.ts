import { GatewayError } from '../errors.ts';
import type { Breaker } from '../policies/breaker.ts';
import type { Quota, Slot } from '../policies/quota.ts';
import { createSlotQueue } from '../policies/slot-queue.ts';
import { MAX_IDENTIFIERS_PER_CALL } from '../upstream/user-query.ts';
import { type ApiCallOptions, createApiCall } from './api-call.ts';
import { createIsolation } from './isolate.ts';
import { createLane, type Lane } from './lane.ts';
import { type LookUp, type LookupResult, type Subject, subjectKey, type Ticket } from './look-up.ts';
import { isInputRefused, whatIsTold } from './outcome.ts';
import { resting, shuttingDown } from './refusals.ts';

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
  /** Called for an identifier that the user API refuses even in a call of its own. */
  onRefusedAlone(lookUp: LookUp, error: GatewayError): void;
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
  /** Ends what is under way. Nothing is sent any more. */
  dispose(): void;
}

interface SubjectLane {
  readonly subject: Subject;
  readonly queue: Lane;
  isWaitingForSlot: boolean;
}

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { quota, breaker, clock, telemetry } = options;
  const slots = createSlotQueue(quota);
  const lanes = new Map<string, SubjectLane>();
  /** The call that each look-up is in. */
  const calls = new Map<LookUp, { readonly lookUps: readonly LookUp[]; readonly cancel: AbortController }>();
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
    enqueue(subject, lookUps, request) {
      const lane = laneOf(subject);
      for (const lookUp of lookUps) lane.queue.add(lookUp, request);
      askForSlot(lane);
    },
    abandon(lookUp) {
      const call = calls.get(lookUp);
      // A search finds out at its next turn who is gone.
      if (!call && lookUp.search) return lookUp.state === 'queued';
      if (!call) return lanes.get(subjectKey(lookUp.subject))?.queue.remove(lookUp) ?? false;
      if (call.lookUps.every(({ waiters }) => waiters.size === 0)) {
        options.onCancelled(call.lookUps);
        call.cancel.abort();
      }
      return false;
    },
    estimateMs(subject, count) {
      const key = subjectKey(subject);
      const own = lanes.get(key)?.queue;
      // Requests take turns: before the last of mine leaves, each other has given at most as many.
      const before = own ? Math.min(own.size, own.requests * count) : 0;
      const ownTurns = Math.ceil((before + count) / MAX_IDENTIFIERS_PER_CALL);
      // And so do lanes.
      const others = [...lanes].filter(([other]) => other !== key);
      const turns = others.map(([, { queue }]) => Math.min(Math.ceil(queue.size / MAX_IDENTIFIERS_PER_CALL), ownTurns));
      return quota.estimateMs(turns.reduce((sum, turn) => sum + turn, ownTurns));
    },
    refreshInSpareQuota(subject) {
      if (slots.length === 0 && quota.hasSpare()) askForSlot(laneOf(subject));
    },
    dispose() {
      slots.dispose();
      for (const pause of pauses) clearTimeout(pause);
      for (const { cancel } of calls.values()) cancel.abort(shuttingDown());
    },
  };

  function laneOf(subject: Subject): SubjectLane {
    const key = subjectKey(subject);
    const known = lanes.get(key);
    if (known) return known;
    const made = { subject, queue: createLane(), isWaitingForSlot: false };
    lanes.set(key, made);
    return made;
  }

  /** A lane waits for one slot at a time and goes to the end after it, so that lanes take turns. */
  function askForSlot(lane: SubjectLane): void {
    if (lane.isWaitingForSlot) return;
    lane.isWaitingForSlot = true;
    slots.request((take) => {
      lane.isWaitingForSlot = false;
      const batch = lane.queue.take(MAX_IDENTIFIERS_PER_CALL);
      // A refresh rides where there is room. It takes a slot of its own only where nobody waits for one.
      if (batch.length > 0 ? batch.every((lookUp) => !lookUp.search) : slots.length === 0) {
        batch.push(...options.fillUp(lane.subject, MAX_IDENTIFIERS_PER_CALL - batch.length));
      }
      if (batch.length > 0) void send(lane.subject, batch, take);
      if (lane.queue.size > 0) askForSlot(lane);
      else lanes.delete(subjectKey(lane.subject));
    });
  }

  async function send(subject: Subject, batch: readonly LookUp[], take: () => Slot): Promise<void> {
    const sentAt = clock();
    const lookUps = batch.filter(({ state }) => state !== 'done');
    if (lookUps.length === 0) {
      isolation.afterCall(batch, 'cancelled');
      return;
    }
    const openMs = breaker.openMs();
    if (openMs > 0) {
      // The quota is not for calls that are not made.
      for (const lookUp of lookUps) options.onResult(lookUp, lookUp.lastError ?? resting(openMs), sentAt);
      isolation.afterCall(lookUps, resting(openMs));
      return;
    }
    const call = { lookUps, cancel: new AbortController() };
    const waitedMs = sentAt - Math.min(...lookUps.map(({ queuedAt }) => queuedAt));
    const refreshedAhead = lookUps.filter(({ owner }) => !owner).length;
    telemetry({ type: 'batch', kind: subject.kind, identifiers: lookUps.length, refreshedAhead, waitedMs });
    for (const lookUp of lookUps) {
      lookUp.state = 'sent';
      calls.set(lookUp, call);
    }
    options.onSent(lookUps);
    const outcomes = await callApi(subject, lookUps, take(), call.cancel.signal);
    for (const lookUp of lookUps) calls.delete(lookUp);

    const again: LookUp[] = [];
    let pauseMs = 0;
    lookUps.forEach((lookUp, index) => {
      const outcome = outcomes[index] ?? { result: null };
      if (outcome === 'split') return;
      if ('result' in outcome) {
        const { result } = outcome;
        const isAlone = lookUps.length === 1;
        if (isAlone && result instanceof GatewayError && isInputRefused(result)) options.onRefusedAlone(lookUp, result);
        options.onResult(lookUp, result, sentAt);
      } else {
        again.push(lookUp);
        pauseMs = outcome.againInMs;
      }
    });
    if (again.length > 0) after(pauseMs, () => queueAgain(again));
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

  /** For look-ups of one subject: in front of all others, or in a call of their own where they are part of a search. */
  function queueAgain(lookUps: readonly LookUp[]): void {
    const wanted = lookUps.filter(({ waiters }) => waiters.size > 0);
    for (const lookUp of lookUps) {
      if (lookUp.waiters.size === 0) options.onResult(lookUp, lookUp.lastError ?? shuttingDown(), clock());
      else lookUp.state = 'queued';
    }
    const [first] = wanted;
    if (!first) {
      isolation.afterCall(lookUps, 'cancelled');
      return;
    }
    options.onQueuedAgain(wanted);
    const lane = laneOf(first.subject);
    if (first.search) lane.queue.addGroup(wanted);
    else lane.queue.addAgain(wanted);
    askForSlot(lane);
  }
}
