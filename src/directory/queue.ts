import type { GatewayError } from '../errors.ts';
import type { BreakerOptions } from '../policies/breaker.ts';
import type { Clock } from '../policies/clock.ts';
import type { Quota } from '../policies/quota.ts';
import type { RetryOptions } from '../policies/retry.ts';
import type { Telemetry } from '../telemetry/events.ts';
import type { Traces } from '../telemetry/traces.ts';
import type { Person } from '../upstream/person.ts';
import type { QueryUsers } from '../upstream/user-query.ts';
import { type Answers, waitFor } from './answers.ts';
import { createBacklog } from './backlog.ts';
import { createBeginIdentity } from './begin-identity.ts';
import { Bundle } from './bundles/bundle.ts';
import { BUNDLE_SIZE, type PartedList } from './bundles/part-list.ts';
import { createIdentities } from './identities.ts';
import { createLookUp, type LookUp, type Subject, type Ticket } from './look-up.ts';
import { createMakeRoom } from './make-room.ts';
import type { NameSet } from './person-name.ts';
import { type QueueState, stateOf } from './queue-state.ts';
import { createRefreshAhead } from './refresh-ahead.ts';
import { shuttingDown, tooManyCallers } from './refusals.ts';
import { createUnderWay } from './under-way.ts';
import { isAwaited, type Waiter } from './waiters.ts';

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
  /** Called for an identifier to which the user API denies access. @param askedAt when the call left. */
  deny(subject: Subject, id: string, askedAt: number): void;
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
  /**
   * True where a look-up of this identifier is under way, for whomever: who asks is going to join it, so a bundle that it is in dissolves
   * now, and is not looked through for each of its others.
   * @param code that of the identifier.
   */
  isUnderWay(subject: Subject, id: string, code: number): boolean;
  /**
   * Queues look-ups, all or none, and has one list wait for them.
   * @param parted of a long list, what is to be looked up as one. None of it is under way.
   * @returns why all are refused; `undefined` where they are queued.
   */
  add(
    subject: Subject,
    missing: readonly Waiter[],
    parted: PartedList | undefined,
    answers: Answers,
  ): GatewayError | undefined;
  /** To be called for look-ups that a request does not wait for any more, before there is an answer. */
  abandon(lookUp: LookUp): void;
  /** True while the latest that the user API said of a credential is that it refuses it. */
  isRefused(identity: string): boolean;
  /** True while the latest that it said of it is that it takes it; false where nothing is known of it, or not any more. */
  isAccepted(identity: string): boolean;
  /** True where the look-up that this one waits for has left, failed and is to be repeated, or was held up by a pause. */
  hasLeft(waiter: Waiter): boolean;
  /** Asks for a popular person before their time is over: with a batch that has room, or in quota that nobody needs. */
  refreshAhead(ticket: Ticket, subject: Subject, id: string, until: number): void;
  /** Asks for these people ahead no more, and lets nobody join a call for them that has left. */
  forget(names: NameSet): void;
  /** The same for all people. */
  forgetEverybody(): void;
  state(): QueueState;
  /** Answers whoever waits that the gateway shuts down, and refuses whoever comes. */
  dispose(): void;
}

const UNKNOWN = { acceptedAt: Number.NEGATIVE_INFINITY, refusedAt: Number.NEGATIVE_INFINITY };

export function createQueue(options: QueueOptions): Queue {
  const { clock, telemetry } = options;
  const refreshes = createRefreshAhead(clock);
  const underWay = createUnderWay();
  const backlog = createBacklog(options.limit, () => underWay.queued());
  const beginIdentity = createBeginIdentity({ options, backlog, underWay, refreshes });
  const identities = createIdentities(options.maxIdentities, beginIdentity);
  const makeRoom = createMakeRoom({ backlog, clock, telemetry });
  let isDisposed = false;

  return {
    join(subject, places, ticket) {
      if (!places.some(({ id }) => underWay.has(subject, id))) return places;
      const dispatcher = identities.keep(ticket)?.dispatcher;
      if (!dispatcher) return places;
      const isTooLate = dispatcher.quota.pausedMs() >= ticket.deadlineAt - clock();
      const queued: LookUp[] = [];
      const missing: Waiter[] = [];
      for (const waiter of places) {
        const lookUp = underWay.find(subject, waiter.id);
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
    isUnderWay: (subject, id, code) => underWay.find(subject, id, code) !== undefined,
    add(subject, missing, parted, answers) {
      const count = missing.length + (parted?.parts.length ?? 0) * BUNDLE_SIZE;
      if (count === 0) return undefined;
      if (isDisposed) return shuttingDown();
      const { ticket } = answers;
      const dispatcher = identities.keep(ticket)?.dispatcher;
      if (!dispatcher) return tooManyCallers(options.maxIdentities);
      const refusal = makeRoom(dispatcher, subject, count, ticket);
      if (refusal) return refusal;
      const queuedAt = clock();
      const bundles = parted ? addBundles(subject, parted, answers, queuedAt) : undefined;
      const lookUps = missing.map((waiter) => {
        const lookUp = createLookUp(subject, waiter.id, waiter.spelling, ticket, queuedAt);
        backlog.add(lookUp);
        underWay.add(lookUp);
        waitFor(waiter, lookUp);
        return lookUp;
      });
      dispatcher.enqueue(subject, bundles ? [...bundles, ...lookUps] : lookUps, ticket);
      return undefined;
    },
    abandon,
    isRefused(identity) {
      const { refusedAt, acceptedAt } = identities.find(identity) ?? UNKNOWN;
      return refusedAt >= acceptedAt && refusedAt !== UNKNOWN.refusedAt;
    },
    isAccepted(identity) {
      const { refusedAt, acceptedAt } = identities.find(identity) ?? UNKNOWN;
      return acceptedAt > refusedAt;
    },
    hasLeft({ lookUp }) {
      if (!lookUp) return false;
      const hasPaused =
        identities.find(lookUp.subject.identity)?.dispatcher.quota.hasPausedSince(lookUp.queuedAt) ?? false;
      return hasPaused || lookUp.state === 'sent' || lookUp.trouble?.lastError !== undefined;
    },
    refreshAhead(ticket, subject, id, until) {
      if (isDisposed) return;
      refreshes.add(subject, id, until);
      identities.keep(ticket)?.dispatcher.refreshInSpareQuota(subject);
    },
    forget(names) {
      refreshes.forget(names);
      underWay.closeSent(names);
    },
    forgetEverybody() {
      refreshes.clear();
      underWay.closeSent({ means: () => true });
    },
    state: () => stateOf(backlog.size, [...identities.list()]),
    dispose() {
      isDisposed = true;
      underWay.settleAll(shuttingDown());
      identities.dispose();
    },
  };

  function addBundles(subject: Subject, { ids, parts }: PartedList, answers: Answers, queuedAt: number) {
    const bundles = parts.map((part) => new Bundle(subject, part, answers, queuedAt, underWay.replaceBundle));
    answers.bundles = bundles;
    bundles.forEach(backlog.addBundle);
    if (bundles.length > 0) underWay.addBundles({ subject, ids, bundles, indexed: 0 });
    return bundles;
  }

  function abandon(lookUp: LookUp): void {
    if (isAwaited(lookUp) || !identities.find(lookUp.subject.identity)?.dispatcher.abandon(lookUp)) return;
    lookUp.state = 'done';
    backlog.remove(lookUp);
    underWay.forget(lookUp);
  }
}
