import { GatewayError } from '../errors.ts';
import { type BreakerOptions, createBreaker } from '../policies/breaker.ts';
import type { Clock } from '../policies/clock.ts';
import type { Quota } from '../policies/quota.ts';
import { createRetryPolicy, type RetryOptions } from '../policies/retry.ts';
import type { Telemetry } from '../telemetry/events.ts';
import type { Traces } from '../telemetry/traces.ts';
import type { Person } from '../upstream/person.ts';
import type { QueryUsers } from '../upstream/user-query.ts';
import { settle, waitFor } from './answers.ts';
import { createBacklog } from './backlog.ts';
import { createDispatcher, type Dispatcher } from './dispatcher.ts';
import { createIdentities, type Identity } from './identities.ts';
import { createLookUp, createSubject, type LookUp, type Subject, type Ticket } from './look-up.ts';
import { createMakeRoom } from './make-room.ts';
import { noteCall } from './note-call.ts';
import { isRefusal } from './outcome.ts';
import type { NameSet } from './person-name.ts';
import { type QueueState, stateOf } from './queue-state.ts';
import { createRefreshAhead } from './refresh-ahead.ts';
import { pauseTooLong, shuttingDown, tooManyCallers } from './refusals.ts';
import { createUnderWay } from './under-way.ts';
import { isAwaited, type Waiter, waitersOf } from './waiters.ts';

export interface QueueOptions {
  queryUsers: QueryUsers;
  quotaOf(identity: string): Quota;
  retry: RetryOptions;
  breaker: BreakerOptions;
  /** Look-ups that may wait for a call, over all requests. */
  limit: number;
  maxIdentities: number;
  /** Called with what every call told of an identifier. @param fetchedAt when the call left. */
  learn(subject: Subject, id: string, person: Person | null, fetchedAt: number): void;
  /** Called for an identifier that the user API refuses even where it is asked for alone. @param askedAt when the call left. */
  reject(subject: Subject, id: string, error: GatewayError, askedAt: number): void;
  clock: Clock;
  telemetry: Telemetry;
  traces: Traces;
}

/** Look-ups from being queued to being answered, over all requests and credentials. */
export interface Queue {
  /**
   * Has these wait for look-ups that are under way for somebody else; not for those that are not new enough for a request that wants
   * fresh people, or not soon enough for its deadline.
   * @param places of one list.
   * @returns those for which there is none.
   */
  join(subject: Subject, places: readonly Waiter[], ticket: Ticket): readonly Waiter[];
  /** Queues look-ups, all or none, and has these wait for them. @returns why all are refused; `undefined` where they are queued. */
  add(subject: Subject, missing: readonly Waiter[], ticket: Ticket): GatewayError | undefined;
  /** To be called for look-ups that a request does not wait for any more, before there is an answer. */
  abandon(lookUp: LookUp): void;
  /** True while the latest that the user API said of a credential is that it refuses it. */
  isRefused(identity: string): boolean;
  /** True where a look-up of this identifier has left, failed and is to be repeated, or was held up by a pause. */
  hasLeft(subject: Subject, id: string): boolean;
  /** Asks for a popular person before their time is over: with a batch that has room, or in quota that nobody needs. */
  refreshAhead(ticket: Ticket, key: string, until: number): void;
  /** Asks for these people ahead no more, and lets nobody join a call for them that has left. */
  forget(names: NameSet): void;
  state(): QueueState;
  /** Answers whoever waits that the gateway shuts down, and refuses whoever comes. */
  dispose(): void;
}

export function createQueue(options: QueueOptions): Queue {
  const { clock, telemetry, traces } = options;
  const refreshes = createRefreshAhead(clock);
  const identities = createIdentities(options.maxIdentities, begin);
  const underWay = createUnderWay();
  const backlog = createBacklog(options.limit, underWay.filter);
  const makeRoom = createMakeRoom({ backlog, clock, telemetry });
  let isDisposed = false;

  return {
    join(subject, places, ticket) {
      const others = underWay.of(subject);
      if (!others || !places.some(({ id }) => others.has(id))) return places;
      const dispatcher = identities.keep(ticket)?.dispatcher;
      if (!dispatcher) return places;
      const isTooLate = dispatcher.quota.pausedMs() >= ticket.deadlineAt - clock();
      const queued: LookUp[] = [];
      const missing: Waiter[] = [];
      for (const waiter of places) {
        const lookUp = others.get(waiter.id);
        const isQueued = lookUp?.state === 'queued';
        if (!lookUp || (isQueued ? isTooLate : ticket.wantsFresh)) {
          missing.push(waiter);
          continue;
        }
        if (isQueued) queued.push(lookUp);
        waitFor(waiter, lookUp);
      }
      if (queued.length > 0) dispatcher.enqueue(subject, queued, ticket);
      return missing;
    },
    add(subject, missing, ticket) {
      if (missing.length === 0) return undefined;
      if (isDisposed) return shuttingDown();
      const dispatcher = identities.keep(ticket)?.dispatcher;
      if (!dispatcher) return tooManyCallers(options.maxIdentities);
      const refusal = makeRoom(dispatcher, subject, missing.length, ticket);
      if (refusal) return refusal;
      const queuedAt = clock();
      const lookUps = missing.map((waiter) => {
        const lookUp = createLookUp(subject, waiter.id, waiter.spelling, ticket, queuedAt);
        backlog.add(lookUp);
        underWay.add(lookUp);
        waitFor(waiter, lookUp);
        return lookUp;
      });
      dispatcher.enqueue(subject, lookUps, ticket);
      return undefined;
    },
    abandon,
    isRefused: (identity) => identities.find(identity)?.isRefused ?? false,
    hasLeft(subject, id) {
      const lookUp = underWay.of(subject)?.get(id);
      if (!lookUp) return false;
      const hasPaused = identities.find(subject.identity)?.dispatcher.quota.hasPausedSince(lookUp.queuedAt) ?? false;
      return hasPaused || lookUp.state === 'sent' || lookUp.trouble?.lastError !== undefined;
    },
    refreshAhead(ticket, key, until) {
      if (isDisposed) return;
      const { identity } = ticket;
      refreshes.add(identity, key, until);
      identities.keep(ticket)?.dispatcher.refreshInSpareQuota(refreshSubject(identity));
    },
    forget(names) {
      refreshes.forget(names);
      underWay.closeSent(names);
    },
    state: () => stateOf(backlog.size, [...identities.list()]),
    dispose() {
      isDisposed = true;
      underWay.settleAll(shuttingDown());
      identities.dispose();
    },
  };

  /** Whoever cannot wait out a pause is told at once, not when their deadline has passed. Calls that have left go on. */
  function refuseWhoCannotWait(identity: string, { quota }: Dispatcher, { upstream }: GatewayError): void {
    const pausedMs = quota.pausedMs();
    const backAt = clock() + pausedMs;
    const isQueued = ({ subject, state }: LookUp) => subject.identity === identity && state === 'queued';
    for (const lookUp of underWay.filter(isQueued)) {
      const hasty = waitersOf(lookUp).filter(({ answers: { ticket } }) => ticket.deadlineAt <= backAt);
      for (const { answers } of hasty) answers.ticket.leave(lookUp, pauseTooLong(pausedMs, upstream));
      if (hasty.length > 0) telemetry({ type: 'shed', kind: lookUp.subject.kind, lookUps: hasty.length });
    }
  }

  function abandon(lookUp: LookUp): void {
    if (isAwaited(lookUp) || !identities.find(lookUp.subject.identity)?.dispatcher.abandon(lookUp)) return;
    lookUp.state = 'done';
    backlog.remove(lookUp);
    underWay.forget(lookUp);
  }

  /** Whoever asks for the first time, or for the first time in a while. */
  function begin({ identity, userToken }: Ticket): Identity {
    const dispatcher = createDispatcher({
      quota: options.quotaOf(identity),
      retry: createRetryPolicy({ ...options.retry, clock }),
      breaker: createBreaker({ ...options.breaker, clock }),
      queryUsers: (query, call) => options.queryUsers(query, { ...call, userToken }),
      fillUp: (subject, room) => refreshes.take(subject, room).filter(({ id }) => !underWay.of(subject)?.has(id)),
      onSent(lookUps) {
        noteCall(lookUps, clock());
        for (const lookUp of lookUps) {
          backlog.remove(lookUp);
          if (!lookUp.owner) underWay.add(lookUp);
        }
      },
      onQueuedAgain: (lookUps) => lookUps.forEach(backlog.add),
      onCancelled: (lookUps) => lookUps.forEach(underWay.forget),
      onRefusedAlone: ({ subject, id }, error, sentAt) => options.reject(subject, id, error, sentAt),
      onResult(lookUp, result, sentAt) {
        backlog.remove(lookUp);
        if (!(result instanceof GatewayError)) begun.isRefused = false;
        else if (isRefusal(result)) begun.isRefused = true;
        if (!(result instanceof GatewayError)) options.learn(lookUp.subject, lookUp.id, result, sentAt);
        underWay.forget(lookUp);
        settle(lookUp, result);
      },
      onPause: (refusal) => refuseWhoCannotWait(identity, dispatcher, refusal),
      onCallEnded() {
        if (refreshes.has(identity)) dispatcher.refreshInSpareQuota(refreshSubject(identity));
      },
      clock,
      telemetry,
      traces,
    });
    const begun = { dispatcher, isRefused: false };
    return begun;
  }
}

const refreshSubject = (identity: string): Subject => createSubject(identity, 'key');
