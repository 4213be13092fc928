import { GatewayError } from '../errors.ts';
import type { RetryPolicy } from '../policies/retry.ts';
import { USAGE_EXCEEDED } from '../upstream/error-codes.ts';
import { type LookUp, type LookupResult, troubleOf } from './look-up.ts';
import { waitersOf } from './waiters.ts';

/** What becomes of a look-up after a call: its result, or another call. */
export type Outcome =
  | LookupResult
  | Pause
  /** In a smaller call, to find the identifier that the user API refuses. */
  | 'split';

/** Back into the queue after a pause. */
export interface Pause {
  readonly againInMs: number;
}

export const isPause = (outcome: Outcome): outcome is Pause =>
  typeof outcome === 'object' && outcome !== null && 'againInMs' in outcome;

const done = (lookUps: readonly LookUp[], result: LookupResult): Outcome[] => lookUps.map(() => result);

/** Trouble that may pass by itself. */
export const isOutage = ({ code }: GatewayError): boolean =>
  code === 'UPSTREAM_UNAVAILABLE' || code === 'UPSTREAM_TIMEOUT' || code === 'UPSTREAM_BAD_RESPONSE';

/** Permission is refused, for these identifiers at least. */
export const isDenied = ({ code, access }: GatewayError): boolean =>
  code === 'UPSTREAM_FORBIDDEN' || access === 'denied';

/** The credential or its permission is refused: access may have been withdrawn. */
export const isRefusal = (error: GatewayError): boolean =>
  error.code === 'UPSTREAM_UNAUTHENTICATED' || error.code === 'UNAUTHENTICATED' || isDenied(error);

/** The usage bought for the plugin is used up: nothing that concerns access. */
const isUsageExceeded = ({ code, upstream }: GatewayError): boolean =>
  code === 'UPSTREAM_REJECTED' && upstream?.code === USAGE_EXCEEDED;

/**
 * A failure in which a stale copy is better than none. Never after a refusal of credential or permission, nor where the user API has
 * answered; nor after an error code that it does not document, which may be such a refusal.
 */
export const mayBeStale = (error: GatewayError): boolean =>
  error.access === undefined && (isOutage(error) || error.code === 'UPSTREAM_RATE_LIMITED' || isUsageExceeded(error));

/** The API found a value malformed, and does not say which. */
export const isInputRefused = ({ code, upstream }: GatewayError): boolean =>
  code === 'UPSTREAM_REJECTED' && (upstream?.code === 20006 || upstream?.code === 9999);

/** Calls for one look-up: an answer that makes no sense is asked for once more, not more often. */
const UNREADABLE_ATTEMPTS = 2;

export interface FailedCall {
  readonly error: GatewayError;
  readonly lookUps: readonly LookUp[];
  /** False where there was no token to send it with: calls share the request for one, so that repeating it takes no budget. */
  readonly hasLeft: boolean;
  /** On the monotonic clock. */
  readonly now: number;
}

/** Decides what becomes of the look-ups of a call that failed as a whole. */
export function afterFailure({ error, lookUps, hasLeft, now }: FailedCall, retry: RetryPolicy): Outcome[] {
  if (isInputRefused(error)) {
    for (const lookUp of lookUps) troubleOf(lookUp).lastError = error;
    return lookUps.length > 1 ? lookUps.map(() => 'split') : done(lookUps, error);
  }
  if (!isOutage(error)) return done(lookUps, error);
  for (const lookUp of lookUps) {
    const trouble = troubleOf(lookUp);
    trouble.attempts++;
    trouble.lastError = error;
  }
  const most = Math.min(retry.maxAttempts, error.code === 'UPSTREAM_BAD_RESPONSE' ? UNREADABLE_ATTEMPTS : Infinity);
  const mayGoAgain = (pauseMs: number) => (lookUp: LookUp) =>
    attemptsOf(lookUp) < most && waitersOf(lookUp).some(({ answers }) => answers.ticket.deadlineAt > now + pauseMs);
  // A repetition is not taken from others where nobody here could wait for it.
  const able = lookUps.filter(mayGoAgain(0));
  if (able.length === 0 || (hasLeft && !retry.takeRepetition())) return done(lookUps, error);
  const pauseMs = retry.pauseMs(Math.min(...able.map(attemptsOf)));
  return lookUps.map((lookUp) => (mayGoAgain(pauseMs)(lookUp) ? { againInMs: pauseMs } : error));
}

const attemptsOf = ({ trouble }: LookUp): number => trouble?.attempts ?? 0;

/** What a call tells of the values in it; an error where nobody got an answer. */
export function whatIsTold(outcomes: readonly Outcome[]): 'refused' | 'answered' | GatewayError {
  const [first] = outcomes;
  if (first === 'split') return 'refused';
  if (!(first instanceof GatewayError) || !outcomes.every((outcome) => outcome instanceof GatewayError))
    return 'answered';
  return isInputRefused(first) ? 'refused' : first;
}
