import { GatewayError } from '../errors.ts';
import { type BreakerOptions, createBreaker } from '../policies/breaker.ts';
import type { Clock } from '../policies/clock.ts';
import type { Quota } from '../policies/quota.ts';
import { createRetryPolicy, type RetryOptions } from '../policies/retry.ts';
import type { Telemetry } from '../telemetry/events.ts';
import type { Traces } from '../telemetry/traces.ts';
import type { Person } from '../upstream/person.ts';
import { MAX_IDENTIFIERS_PER_CALL, type QueryUsers } from '../upstream/user-query.ts';
import { createBacklog } from './backlog.ts';
import { createDispatcher, type Dispatcher } from './dispatcher.ts';
import { createIdentities, type Identity } from './identities.ts';
import { createLookUp, type LookUp, type LookupResult, type Subject, settle, type Ticket } from './look-up.ts';
import { noteCall } from './note-call.ts';
import { isRefusal } from './outcome.ts';
import type { NameSet } from './person-name.ts';
import { type QueueState, stateOf } from './queue-state.ts';
import { createRefreshAhead } from './refresh-ahead.ts';
import { overloaded, pauseTooLong, resting, shuttingDown, tooManyCallers } from './refusals.ts';
import { createUnderWay } from './under-way.ts';

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
   * Waits for a look-up that is under way for somebody else; `undefined` where there is none, or none that is new enough for
   * a request that wants fresh people, or soon enough for its deadline.
   */
  join(subject: Subject, id: string, ticket: Ticket): Promise<LookupResult> | undefined;
  /**
   * Queues look-ups, all or none.
   * @param missing spellings by their comparable form.
   * @returns the answers to come by comparable form, or why all are refused.
   */
  add(
    subject: Subject,
    missing: ReadonlyMap<string, string>,
    ticket: Ticket,
  ): ReadonlyMap<string, Promise<LookupResult>> | GatewayError;
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
  const backlog = createBacklog(options.limit);
  const refreshes = createRefreshAhead(clock);
  const identities = createIdentities(options.maxIdentities, begin);
  const underWay = createUnderWay();
  let isDisposed = false;

  return {
    join(subject, id, ticket) {
      const lookUp = underWay.get(subject, id);
      const dispatcher = lookUp && identities.keep(ticket)?.dispatcher;
      if (!dispatcher) return undefined;
      if (lookUp.state === 'queued') {
        if (dispatcher.quota.pausedMs() >= ticket.deadlineAt - clock()) return undefined;
        dispatcher.enqueue(subject, [lookUp], ticket);
      } else if (ticket.wantsFresh) {
        return undefined;
      }
      return ticket.wait(lookUp, abandon);
    },
    add(subject, missing, ticket) {
      if (missing.size === 0) return new Map();
      if (isDisposed) return shuttingDown();
      const dispatcher = identities.keep(ticket)?.dispatcher;
      if (!dispatcher) return tooManyCallers(options.maxIdentities);
      const refusal = makeRoom(dispatcher, subject, missing.size, ticket);
      if (refusal) return refusal;
      const queuedAt = clock();
      const lookUps = Array.from(missing, ([id, spelling]) =>
        createLookUp(subject, { id, spelling }, ticket, queuedAt),
      );
      for (const lookUp of lookUps) {
        backlog.add(lookUp);
        underWay.add(lookUp);
      }
      dispatcher.enqueue(subject, lookUps, ticket);
      return new Map(lookUps.map((lookUp) => [lookUp.id, ticket.wait(lookUp, abandon)]));
    },
    isRefused: (identity) => identities.find(identity)?.isRefused ?? false,
    hasLeft(subject, id) {
      const lookUp = underWay.get(subject, id);
      if (!lookUp) return false;
      const hasPaused = identities.find(subject.identity)?.dispatcher.quota.hasPausedSince(lookUp.queuedAt) ?? false;
      return hasPaused || lookUp.state === 'sent' || lookUp.lastError !== undefined;
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

  /** @returns why these look-ups are refused as a whole; `undefined` where they may queue. */
  function makeRoom(dispatcher: Dispatcher, subject: Subject, count: number, ticket: Ticket): GatewayError | undefined {
    const { quota } = dispatcher;
    const leftMs = ticket.deadlineAt - clock();
    const pausedMs = quota.pausedMs();
    if (pausedMs > 0 && pausedMs >= leftMs) return pauseTooLong(pausedMs);
    const openMs = dispatcher.breaker.openMs();
    if (openMs > 0) return resting(openMs);
    const waitMs = dispatcher.estimateMs(subject, count);
    if (waitMs >= leftMs)
      return overloaded('the turn of these look-ups would come after the deadline', waitMs - leftMs);
    const shed = backlog.makeRoom(ticket, count);
    const isFull = () => overloaded('its queue is full', quota.estimateMs(backlog.size / MAX_IDENTIFIERS_PER_CALL));
    if (!shed) return isFull();
    if (shed.length > 0) telemetry({ type: 'shed', kind: subject.kind, lookUps: shed.length });
    for (const lookUp of shed) lookUp.owner?.leave(lookUp, isFull());
    return undefined;
  }

  /** Whoever cannot wait out a pause is told at once, not when their deadline has passed. Calls that have left go on. */
  function refuseWhoCannotWait(identity: string, { quota }: Dispatcher, { upstream }: GatewayError): void {
    const pausedMs = quota.pausedMs();
    const backAt = clock() + pausedMs;
    for (const lookUp of underWay.queuedOf(identity)) {
      const hasty = [...lookUp.waiters].filter(({ ticket }) => ticket.deadlineAt <= backAt);
      for (const { ticket } of hasty) ticket.leave(lookUp, pauseTooLong(pausedMs, upstream));
      if (hasty.length > 0) telemetry({ type: 'shed', kind: lookUp.subject.kind, lookUps: hasty.length });
    }
  }

  function abandon(lookUp: LookUp): void {
    if (lookUp.waiters.size > 0 || !identities.find(lookUp.subject.identity)?.dispatcher.abandon(lookUp)) return;
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
      fillUp: (subject, room) => refreshes.take(subject, room).filter(({ id }) => !underWay.get(subject, id)),
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

const refreshSubject = (identity: string): Subject => ({ identity, kind: 'key', tenantKey: undefined });
