import { GatewayError } from '../errors.ts';
import { createBreaker } from '../policies/breaker.ts';
import { createRetryPolicy } from '../policies/retry.ts';
import { settle } from './answers.ts';
import type { Backlog } from './backlog.ts';
import { Bundle } from './bundles/bundle.ts';
import { createDispatcher, type Dispatcher } from './dispatcher.ts';
import type { Identity } from './identities.ts';
import type { LookupResult, Subject, Ticket } from './look-up.ts';
import { noteCall } from './note-call.ts';
import { isDenied, isRefusal } from './outcome.ts';
import type { QueueOptions } from './queue.ts';
import type { RefreshAhead } from './refresh-ahead.ts';
import { pauseTooLong } from './refusals.ts';
import type { UnderWay } from './under-way.ts';
import { waitersOf } from './waiters.ts';

export interface BeginIdentityOptions {
  options: QueueOptions;
  backlog: Backlog;
  underWay: UnderWay;
  refreshes: RefreshAhead;
}

/** Begins with whoever asks for the first time, or for the first time in a while: a dispatcher of their own, over the same queue. */
export type BeginIdentity = (ticket: Ticket) => Identity;

export function createBeginIdentity({ options, backlog, underWay, refreshes }: BeginIdentityOptions): BeginIdentity {
  const { clock, telemetry, traces } = options;

  return function beginIdentity({ identity, userToken }: Ticket): Identity {
    const dispatcher = createDispatcher({
      quota: options.quotaOf(identity),
      retry: createRetryPolicy({ ...options.retry, clock }),
      breaker: createBreaker({ ...options.breaker, clock }),
      queryUsers: (query, call) => options.queryUsers(query, { ...call, userToken }),
      fillUp: (subject, room) => refreshes.take(subject, room).filter(({ id }) => !underWay.has(subject, id)),
      onSent(batch) {
        noteCall(batch, clock());
        if (batch instanceof Bundle) {
          backlog.removeBundle(batch);
          return;
        }
        for (const lookUp of batch) {
          backlog.remove(lookUp);
          if (!lookUp.owner) underWay.add(lookUp);
        }
      },
      renew: underWay.renew,
      onQueuedAgain(lookUps) {
        lookUps.forEach(backlog.add);
        // Asked for while they were between two calls.
        if (dispatcher.quota.pausedMs() > 0) refuseWhoCannotWait(identity, dispatcher);
      },
      onCancelled: (lookUps) => lookUps.forEach(underWay.forget),
      onRefusedAlone: ({ subject, id }, error, sentAt) => options.reject(subject, id, error, sentAt),
      onBundleResults(bundle, results, sentAt) {
        const { subject, ids } = bundle;
        for (let index = 0; index < ids.length; index++) {
          learnFrom(subject, ids[index] as string, results[index] ?? null, sentAt);
        }
        underWay.forgetBundle(bundle);
        bundle.settle(results);
      },
      onResult(lookUp, result, sentAt) {
        backlog.remove(lookUp);
        learnFrom(lookUp.subject, lookUp.id, result, sentAt);
        underWay.forget(lookUp);
        settle(lookUp, result);
      },
      onPause: (refusal) => refuseWhoCannotWait(identity, dispatcher, refusal),
      onCallEnded() {
        for (const subject of refreshes.subjectsOf(identity)) dispatcher.refreshInSpareQuota(subject);
      },
      clock,
      telemetry,
      traces,
    });
    const begun = { dispatcher, acceptedAt: Number.NEGATIVE_INFINITY, refusedAt: Number.NEGATIVE_INFINITY };
    return begun;

    function learnFrom(subject: Subject, id: string, result: LookupResult, sentAt: number): void {
      if (result instanceof GatewayError) {
        if (isRefusal(result)) begun.refusedAt = Math.max(begun.refusedAt, sentAt);
        if (isDenied(result)) options.deny(subject, id, sentAt);
        return;
      }
      // By when calls left: the answer to an earlier one may come after a refusal.
      if (sentAt > begun.acceptedAt) begun.acceptedAt = sentAt;
      options.learn(subject, id, result, sentAt);
    }
  };

  /** Whoever cannot wait out a pause is told at once, not when their deadline has passed. Calls that have left go on. */
  function refuseWhoCannotWait(identity: string, { quota }: Dispatcher, refusal?: GatewayError): void {
    const pausedMs = quota.pausedMs();
    const backAt = clock() + pausedMs;
    for (const lookUp of underWay.queued(identity)) {
      const hasty = waitersOf(lookUp).filter(({ answers: { ticket } }) => ticket.deadlineAt <= backAt);
      for (const { answers } of hasty) answers.ticket.leave(lookUp, pauseTooLong(pausedMs, refusal?.upstream));
      if (hasty.length > 0) telemetry({ type: 'shed', kind: lookUp.subject.kind, lookUps: hasty.length });
    }
  }
}
