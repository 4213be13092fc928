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

/** For callers beyond those that can be kept apart at a time. */
export function tooManyCallers(most: number): GatewayError {
  return new GatewayError(
    'OVERLOADED',
    `The gateway asks the user API for ${most} callers at this moment, and can keep no more of them apart. Ask again later.`,
    { retryAfterMs: 1_000 },
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

/** For calls that are ended since nobody waits for them any more; so nobody reads this. */
export function nobodyWaits(): GatewayError {
  return new GatewayError('UPSTREAM_TIMEOUT', 'The client did not wait for the answer.');
}
