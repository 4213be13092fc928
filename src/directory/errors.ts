import { GatewayError, type UpstreamTrace } from '../errors.ts';

/** For lookups that cannot be sent in time. */
export function overloaded(why: string, retryAfterMs: number): GatewayError {
  return new GatewayError(
    'OVERLOADED',
    `The gateway has more lookups queued than the rate limit of the user API allows: ${why}. Try again later.`,
    { retryAfterMs: Math.ceil(retryAfterMs) },
  );
}

/** For lookups whose deadline does not allow the backoff that the user API asked for. */
export function backoffTooLong(backoffMs: number, upstream?: UpstreamTrace): GatewayError {
  return new GatewayError(
    'UPSTREAM_RATE_LIMITED',
    'The user API asked for a backoff that outlasts the deadline of the request. Try again later.',
    { retryAfterMs: Math.ceil(backoffMs), upstream },
  );
}

/** For callers with tokens of their own, beyond those whose lookups can be kept apart at a time. */
export function tooManyIdentities(limit: number): GatewayError {
  return new GatewayError(
    'OVERLOADED',
    `The gateway has lookups in flight for ${limit} callers, which is its limit. Try again later.`,
    { retryAfterMs: 1_000 },
  );
}

export function shuttingDown(): GatewayError {
  return new GatewayError('UPSTREAM_UNAVAILABLE', 'The gateway is shutting down. Try again.');
}

/** For lookups that are not sent while the circuit breaker is open. */
export function breakerOpen(openMs: number): GatewayError {
  return new GatewayError(
    'UPSTREAM_UNAVAILABLE',
    'The user API has failed many times in a row, and the circuit breaker is open. Try again later.',
    { retryAfterMs: Math.ceil(openMs) },
  );
}

/** For lookups that no request waits for any more, so no client reads this. */
export function clientDisconnected(): GatewayError {
  return new GatewayError('UPSTREAM_TIMEOUT', 'The client disconnected before the response.');
}
