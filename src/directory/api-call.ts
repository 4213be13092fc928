import type { SpanContext } from '@opentelemetry/api';
import { GatewayError } from '../errors.ts';
import type { Breaker } from '../policies/breaker.ts';
import type { CancelSignal } from '../policies/cancel.ts';
import type { Clock } from '../policies/clock.ts';
import type { Slot } from '../policies/quota.ts';
import type { RetryPolicy } from '../policies/retry.ts';
import type { Telemetry } from '../telemetry/events.ts';
import type { CallTold } from '../telemetry/traces/call-span.ts';
import type { Traces } from '../telemetry/traces.ts';
import type { FoundPeople, QueryUsers, TokenRefused } from '../upstream/user-query.ts';
import { type Batch, idsOf, lookUpsOf, spellingsOf } from './bundles/batch.ts';
import { Bundle } from './bundles/bundle.ts';
import { type LookUp, type Subject, troubleOf } from './look-up.ts';
import { matchPeople } from './match.ts';
import { afterFailure, isOutage, type Outcome } from './outcome.ts';
import { forEachWaiter, isAwaited, type Waiter } from './waiters.ts';

export interface ApiCallOptions {
  queryUsers: QueryUsers;
  retry: RetryPolicy;
  breaker: Breaker;
  /** Called when the user API has asked for a pause. @param refusal its answer. */
  onPause(refusal: GatewayError): void;
  clock: Clock;
  telemetry: Telemetry;
  traces: Traces;
}

/** One call for a batch. @returns for each look-up what becomes of it: of a bundle that is still whole, results. Never rejects. */
export type ApiCall = (subject: Subject, batch: Batch, slot: Slot, signal: CancelSignal) => Promise<Outcome[]>;

export function createApiCall(options: ApiCallOptions): ApiCall {
  const { queryUsers, retry, breaker, clock, telemetry, traces } = options;

  return async function callApi(subject, batch, slot, signal) {
    const { identity, kind, tenantKey } = subject;
    const query = { identity, kind, tenantKey, identifiers: spellingsOf(batch) };
    if (batch instanceof Bundle || batch.some(isFirstCall)) retry.noteCall();
    const passage = breaker.enter();
    const span = traces.beginCall({ kind, identifiers: batch.length, requests: requestsOf(batch) });
    let hasLeft = false;
    let wasAnswered = true;
    const onLeaving = () => {
      hasLeft = true;
      slot.left();
    };
    try {
      const answer = await span.within(() => queryUsers(query, { signal, onLeaving, headers: span.headers }));
      span.end({ ...answerTold(answer), requests: requestsOf(batch) });
      passage.leave('well');
      if ('tokenRefused' in answer) {
        return lookUpsOf(batch).map((lookUp) => afterRefusedToken(lookUp, answer.tokenRefused));
      }
      const { results, unasked } = matchPeople(query, answer, idsOf(batch));
      if (answer.malformedRows > 0 || unasked > 0) {
        telemetry({ type: 'rows-dropped', malformed: answer.malformedRows, unasked });
      }
      return results;
    } catch (error) {
      const shown = toGatewayError(error);
      const lookUps = lookUpsOf(batch);
      const told = signal.aborted ? { outcome: 'cancelled' } : failureTold(shown);
      wasAnswered = !signal.aborted && !isOutage(shown);
      span.end({ ...told, requests: requestsOf(batch) });
      if (signal.aborted) {
        passage.leave('nothing');
        return lookUps.map(() => shown);
      }
      // One token that does not come holds up many calls: that is no sign from the interface they were meant for.
      passage.leave(!hasLeft ? 'nothing' : isOutage(shown) ? 'outage' : 'well');
      if (shown.code === 'UPSTREAM_RATE_LIMITED') return afterBusy(shown, lookUps, slot);
      return afterFailure({ error: shown, lookUps, hasLeft, now: clock() }, retry);
    } finally {
      slot.done(wasAnswered);
    }
  };

  /** The pause is for everybody. Whoever can wait it out gets another call, the others learn when to come back. */
  function afterBusy(refusal: GatewayError, lookUps: readonly LookUp[], slot: Slot): Outcome[] {
    slot.refused(refusal.retryAfterMs ?? 1_000);
    for (const lookUp of lookUps) lookUp.state = 'queued';
    options.onPause(refusal);
    return lookUps.map((lookUp) => (isAwaited(lookUp) ? { againInMs: 0 } : refusal));
  }
}

/** The requests of traces among those who wait, each once. */
function requestsOf(batch: Batch): SpanContext[] {
  if (batch instanceof Bundle && batch.isWhole) {
    const { span } = batch.owner;
    return span ? [span] : [];
  }
  let bySpan: Map<string, SpanContext> | undefined;
  let latest: SpanContext | undefined;
  const note = ({ answers: { ticket } }: Waiter) => {
    // Most lists are of one request.
    if (!ticket.span || ticket.span === latest) return;
    latest = ticket.span;
    bySpan ??= new Map();
    bySpan.set(latest.spanId, latest);
  };
  for (const lookUp of lookUpsOf(batch)) forEachWaiter(lookUp, note);
  return bySpan ? [...bySpan.values()] : [];
}

const answerTold = (answer: FoundPeople | TokenRefused): CallTold =>
  'tokenRefused' in answer ? failureTold(answer.tokenRefused) : { outcome: 'answered', logId: answer.logId };

const failureTold = ({ code, upstream }: GatewayError): CallTold => ({
  outcome: code,
  errCode: upstream?.code,
  logId: upstream?.logId,
});

/** Neither a repetition nor part of a search. */
const isFirstCall = ({ trouble }: LookUp): boolean => !trouble || (trouble.attempts === 0 && !trouble.search);

function afterRefusedToken(lookUp: LookUp, error: GatewayError): Outcome {
  return troubleOf(lookUp).tokenRefusals++ === 0 ? { againInMs: 0 } : error;
}

function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  return new GatewayError('INTERNAL_SERVER_ERROR', 'The look-up failed inside the gateway.', { cause: error });
}
