import type { SpanContext } from '@opentelemetry/api';
import { GatewayError } from '../errors.ts';
import type { Breaker } from '../policies/breaker.ts';
import type { Clock } from '../policies/clock.ts';
import type { Permit } from '../policies/rate-limiter.ts';
import type { RetryPolicy } from '../policies/retry.ts';
import type { Telemetry } from '../telemetry/events.ts';
import type { CallSummary, Traces } from '../telemetry/tracing.ts';
import { USAGE_EXCEEDED } from '../upstream/error-codes.ts';
import type { FoundPeople, QueryUsers, TokenRefused } from '../upstream/user-query.ts';
import {
  type Batch,
  type BatchKey,
  hasWaiters,
  type Lookup,
  type LookupResult,
  type Waiter,
  waitersOf,
} from './lookup.ts';
import { matchUsers } from './match.ts';

/** What becomes of a lookup after a call. */
export type Outcome = LookupResult | SendAgain | 'split';

/** Back into the queue after a delay. */
export interface SendAgain {
  readonly delayMs: number;
}

export interface BatchCallOptions {
  queryUsers: QueryUsers;
  retry: RetryPolicy;
  breaker: Breaker;
  clock: Clock;
  telemetry: Telemetry;
  traces: Traces;
}

/** Calls for one lookup where responses are malformed: sent once more, not more often. */
const BAD_RESPONSE_ATTEMPTS = 2;

/** A failure that may pass by itself, and that counts for the circuit breaker. */
export const isOutage = ({ code }: GatewayError): boolean =>
  code === 'UPSTREAM_UNAVAILABLE' || code === 'UPSTREAM_TIMEOUT' || code === 'UPSTREAM_BAD_RESPONSE';

/** Permission is denied, for these identifiers at least. */
export const isDenied = ({ code, access }: GatewayError): boolean =>
  code === 'UPSTREAM_FORBIDDEN' || access === 'denied';

/** The credential or its permission is refused: access may have been withdrawn. */
export const isRefusal = (error: GatewayError): boolean =>
  error.code === 'UPSTREAM_UNAUTHENTICATED' || error.code === 'UNAUTHENTICATED' || isDenied(error);

/**
 * Failures in which a stale copy is better than none. Never after a refusal of credential or permission, nor after an unknown error code,
 * which may be such a refusal. That the usage bought for the plugin is exceeded says nothing about access.
 */
export const mayServeStale = (error: GatewayError): boolean => {
  const { code, access, upstream } = error;
  const isUsageExceeded = code === 'UPSTREAM_REJECTED' && upstream?.code === USAGE_EXCEEDED;
  return access === undefined && (isOutage(error) || code === 'UPSTREAM_RATE_LIMITED' || isUsageExceeded);
};

/** The user API found a value malformed (20006, 9999), and does not say which. */
export const isInputRejected = ({ code, upstream }: GatewayError): boolean =>
  code === 'UPSTREAM_REJECTED' && (upstream?.code === 20006 || upstream?.code === 9999);

export const isSendAgain = (outcome: Outcome): outcome is SendAgain =>
  typeof outcome === 'object' && outcome !== null && 'delayMs' in outcome;

/**
 * Makes the one upstream call of a batch.
 * @returns for each lookup what becomes of it, and whether it is a "too many calls" response. Never rejects.
 */
export function createBatchCall(options: BatchCallOptions) {
  const { queryUsers, retry, breaker, clock, telemetry, traces } = options;

  return async function callUpstream(
    { identity, kind, tenantKey }: BatchKey,
    { lookups, cancel: { signal } }: Batch,
    permit: Permit,
  ): Promise<{ outcomes: Outcome[]; rateLimited?: GatewayError }> {
    const query = { identity, kind, tenantKey, identifiers: lookups.map(({ spelling }) => spelling) };
    recordCall(lookups, clock());
    if (lookups.some(isFirstCall)) retry.recordCall();
    const passage = breaker.enter();
    const span = traces.beginCall({ kind, identifiers: lookups.length, requests: requestSpans(lookups) });
    let hasLeft = false;
    let wasAnswered = true;
    const onLeaving = () => {
      hasLeft = true;
      permit.start();
    };
    try {
      const answer = await span.within(() => queryUsers(query, { signal, onLeaving, headers: span.headers }));
      span.end({ ...spanOutcome(answer), requests: requestSpans(lookups) });
      passage.leave('success');
      if ('tokenRefused' in answer) return { outcomes: lookups.map((one) => afterRefusedToken(one, answer)) };
      const { results, unrequested } = matchUsers(query, answer, lookups);
      if (answer.malformedRows > 0 || unrequested > 0) {
        telemetry({ type: 'rows-dropped', malformed: answer.malformedRows, unrequested });
      }
      return { outcomes: results };
    } catch (cause) {
      const error = toGatewayError(cause);
      wasAnswered = !signal.aborted && !isOutage(error);
      const ended = signal.aborted ? { outcome: 'cancelled' } : failureOutcome(error);
      span.end({ ...ended, requests: requestSpans(lookups) });
      if (signal.aborted) {
        passage.leave('unknown');
        return { outcomes: lookups.map(() => error) };
      }
      // A token that cannot be had holds up many calls: that says nothing about the interface they were meant for.
      passage.leave(!hasLeft ? 'unknown' : isOutage(error) ? 'failure' : 'success');
      if (error.code === 'UPSTREAM_RATE_LIMITED') {
        permit.rejected(error.retryAfterMs ?? 1_000);
        return { outcomes: lookups.map((one) => (hasWaiters(one) ? { delayMs: 0 } : error)), rateLimited: error };
      }
      return { outcomes: afterFailure(error, lookups, hasLeft) };
    } finally {
      permit.release(wasAnswered);
    }
  };

  function afterFailure(error: GatewayError, lookups: readonly Lookup[], hasLeft: boolean): Outcome[] {
    if (isInputRejected(error)) {
      for (const lookup of lookups) lookup.lastError = error;
      return lookups.map(() => (lookups.length > 1 ? 'split' : error));
    }
    if (!isOutage(error)) return lookups.map(() => error);
    const now = clock();
    for (const lookup of lookups) {
      lookup.attempts++;
      lookup.lastError = error;
    }
    const most = Math.min(retry.maxAttempts, error.code === 'UPSTREAM_BAD_RESPONSE' ? BAD_RESPONSE_ATTEMPTS : Infinity);
    const mayRetry = (lookup: Lookup, delayMs: number) =>
      lookup.attempts < most && waitersOf(lookup).some(({ list }) => list.request.deadlineAt > now + delayMs);
    // The retry budget is not spent where no request could wait for the retry. A call that found no token never left, and takes none of it.
    const able = lookups.filter((lookup) => mayRetry(lookup, 0));
    if (able.length === 0 || (hasLeft && !retry.takeRetry())) return lookups.map(() => error);
    const delayMs = retry.delayMs(Math.min(...able.map(({ attempts }) => attempts)));
    return lookups.map((lookup) => (mayRetry(lookup, delayMs) ? { delayMs } : error));
  }
}

/** Neither a retry nor part of a bisection. */
const isFirstCall = ({ attempts, bisection }: Lookup): boolean => attempts === 0 && !bisection;

/** One more call with a new token. */
const afterRefusedToken = (lookup: Lookup, { tokenRefused }: TokenRefused): Outcome =>
  lookup.tokenRefusals++ === 0 ? { delayMs: 0 } : tokenRefused;

/** Enters a call in the receipts of the requests that wait for it. Each call counts for one request: that of its first lookup. */
function recordCall(lookups: readonly Lookup[], now: number): void {
  const starter = lookups[0]?.owner;
  if (starter) starter.receipt.upstreamCalls++;
  for (const { owner, queuedAt, waiter, joined } of lookups) {
    if (owner) owner.receipt.identifiersSent++;
    if (owner && owner !== starter) owner.receipt.joined++;
    if (waiter) recordWait(waiter, queuedAt, now);
    if (joined) for (const other of joined) recordWait(other, queuedAt, now);
  }
}

function recordWait({ list: { request } }: Waiter, queuedAt: number, now: number): void {
  const waitedMs = Math.round(now - Math.max(queuedAt, request.startedAt));
  if (waitedMs > request.receipt.waitedMs) request.receipt.waitedMs = waitedMs;
}

/** The spans of the requests that wait for these, each once. */
function requestSpans(lookups: readonly Lookup[]): SpanContext[] {
  let spans: Map<string, SpanContext> | undefined;
  let latest: SpanContext | undefined;
  const add = ({ list: { request } }: Waiter) => {
    if (!request.span) return;
    latest = request.span;
    spans ??= new Map();
    spans.set(latest.spanId, latest);
  };
  for (const { waiter, joined } of lookups) {
    // Most lookups of a batch are of one request.
    if (waiter && waiter.list.request.span !== latest) add(waiter);
    if (joined) joined.forEach(add);
  }
  return spans ? [...spans.values()] : [];
}

const spanOutcome = (answer: FoundPeople | TokenRefused): CallSummary =>
  'tokenRefused' in answer ? failureOutcome(answer.tokenRefused) : { outcome: 'answered', logId: answer.logId };

const failureOutcome = ({ code, upstream }: GatewayError): CallSummary => ({
  outcome: code,
  errCode: upstream?.code,
  logId: upstream?.logId,
});

function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  return new GatewayError('INTERNAL_SERVER_ERROR', 'The lookup failed inside the gateway.', { cause: error });
}
