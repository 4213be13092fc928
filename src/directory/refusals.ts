import { GatewayError, type UpstreamTrace } from '../errors.ts';

/** For look-ups that cannot be served in time. */
export function overloaded(why: string, retryAfterMs: number): GatewayError {
  return new GatewayError(
    'OVERLOADED',
    `The gateway has more to look up than the user API allows: ${why}. Ask again later.`,
    {
      retryAfterMs: Math.ceil(retryAfterMs),
    },
  );
}

/** For look-ups that cannot wait out a pause which the user API asked for. */
export function pauseTooLong(pausedMs: number, upstream?: UpstreamTrace): GatewayError {
  return new GatewayError(
    'UPSTREAM_RATE_LIMITED',
    'The user API asked for a pause that outlasts the deadline; ask again later.',
    {
      retryAfterMs: Math.ceil(pausedMs),
      upstream,
    },
  );
}

export function shuttingDown(): GatewayError {
  return new GatewayError('UPSTREAM_UNAVAILABLE', 'The gateway is shutting down; ask again.');
}

/** For look-ups that are not sent while the breaker is open. */
export function resting(openMs: number): GatewayError {
  return new GatewayError(
    'UPSTREAM_UNAVAILABLE',
    'The user API has failed many times in a row and is left alone for a while.',
    {
      retryAfterMs: Math.ceil(openMs),
    },
  );
}
