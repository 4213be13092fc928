import type { GatewayError } from '../errors.ts';
import type { RetryPolicy } from '../policies/retry.ts';
import type { LookUp, LookupResult } from './look-up.ts';

/** What becomes of a look-up after a call: its result, or another call. */
export type Outcome =
  | { readonly result: LookupResult }
  /** Back into the queue after a pause. */
  | { readonly againInMs: number }
  /** In a smaller call, to find the identifier that the user API refuses. */
  | 'split';

const done = (lookUps: readonly LookUp[], result: LookupResult): Outcome[] => lookUps.map(() => ({ result }));

/** Trouble that may pass by itself. */
export const isOutage = ({ code }: GatewayError): boolean =>
  code === 'UPSTREAM_UNAVAILABLE' || code === 'UPSTREAM_TIMEOUT' || code === 'UPSTREAM_BAD_RESPONSE';

/** The credential or its permission is refused: access may have been withdrawn. */
export const isRefusal = ({ code }: GatewayError): boolean =>
  code === 'UPSTREAM_FORBIDDEN' || code === 'UPSTREAM_UNAUTHENTICATED';

/** The API found a value malformed, and does not say which. */
export const isInputRefused = ({ code, upstream }: GatewayError): boolean =>
  code === 'UPSTREAM_REJECTED' && (upstream?.code === 20006 || upstream?.code === 9999);

/** Calls for one look-up: an answer that makes no sense is asked for once more, not more often. */
const UNREADABLE_ATTEMPTS = 2;

/** Decides what becomes of the look-ups of a call that failed as a whole. */
export function afterFailure(
  error: GatewayError,
  lookUps: readonly LookUp[],
  retry: RetryPolicy,
  now: number,
): Outcome[] {
  if (isInputRefused(error)) {
    for (const lookUp of lookUps) lookUp.lastError = error;
    return lookUps.length > 1 ? lookUps.map(() => 'split') : done(lookUps, error);
  }
  if (!isOutage(error)) return done(lookUps, error);
  for (const lookUp of lookUps) {
    lookUp.attempts++;
    lookUp.lastError = error;
  }
  const most = error.code === 'UPSTREAM_BAD_RESPONSE' ? UNREADABLE_ATTEMPTS : undefined;
  const attempts = Math.max(...lookUps.map((lookUp) => lookUp.attempts));
  const hasTime = (pauseMs: number) => (lookUp: LookUp) =>
    [...lookUp.waiters].some(({ ticket }) => ticket.deadlineAt > now + pauseMs);
  // Not worth a repetition that others may need where nobody could wait for it.
  if (!lookUps.some(hasTime(0))) return done(lookUps, error);
  const pauseMs = retry.pauseBeforeNext(attempts, most);
  if (pauseMs === undefined) return done(lookUps, error);
  return lookUps.map((lookUp) => (hasTime(pauseMs)(lookUp) ? { againInMs: pauseMs } : { result: error }));
}
