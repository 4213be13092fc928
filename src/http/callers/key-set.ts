import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { GatewayError } from '../../errors.ts';
import type { Clock } from '../../policies/clock.ts';
import type { Telemetry } from '../../telemetry/events.ts';

export interface KeySetOptions {
  readonly jwksUrl: string;
  /** Milliseconds on a clock that never jumps. */
  readonly clock: Clock;
  /** Receives `caller-keys` for each fetch that fails, and for the first one that succeeds after it. */
  readonly telemetry: Telemetry;
}

/** After so long a JWKS is fetched again before it is used: a key that was removed from it stops working. */
const MAX_AGE_MS = 10 * 60_000;
/** While no fetch succeeds, the last good keys are used for a day. */
const MAX_STALE_MS = 24 * 60 * 60_000;
/** Between two fetches, whether the first one failed or a token named an unknown `kid`: at most six fetches a minute. */
const COOLDOWN_MS = 10_000;
const FETCH_TIMEOUT_MS = 3_000;

/**
 * The public keys of an issuer, fetched when first needed. jose's `createRemoteJWKSet` neither keeps keys that are older than its
 * `cacheMaxAge` nor waits between fetches that fail.
 * @returns finds the key of a token. Throws AUTHENTICATION_UNAVAILABLE where that takes a fetch and none succeeds.
 */
export function createKeySet({ jwksUrl, clock, telemetry }: KeySetOptions): JWTVerifyGetKey {
  let keys: JWTVerifyGetKey | undefined;
  let [fetchedAt, attemptedAt] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let failure: unknown;
  let pending: Promise<void> | undefined;

  return async (header, token) => {
    if (clock() - attemptedAt >= MAX_AGE_MS || !areUsable()) await refresh();
    // Nothing waits for an issuer that has just failed to answer.
    else if (failure !== undefined) void refresh();
    if (!keys || !areUsable()) throw unavailable();
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await refresh();
      // The issuer may have published the key since.
      if (failure !== undefined) throw unavailable();
      return keys(header, token);
    }
  };

  function areUsable(): boolean {
    return clock() - fetchedAt < MAX_STALE_MS;
  }

  /** Never rejects. */
  async function refresh(): Promise<void> {
    if (!pending && clock() - attemptedAt < COOLDOWN_MS) return;
    pending ??= attempt().finally(() => {
      pending = undefined;
    });
    await pending;
  }

  async function attempt(): Promise<void> {
    let status: number | undefined;
    const hasFailed = failure !== undefined;
    try {
      const response = await fetch(jwksUrl, {
        redirect: 'manual',
        headers: { accept: 'application/json, application/jwk-set+json' },
        signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
      });
      status = response.status;
      if (status !== 200) {
        void response.body?.cancel();
        throw new TypeError(`Expected status 200 of the JWKS, got ${status}.`);
      }
      keys = createLocalJWKSet(await response.json());
      fetchedAt = clock();
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    attemptedAt = clock();
    if (failure !== undefined) telemetry({ type: 'jwks-fetch', outcome: 'AUTHENTICATION_UNAVAILABLE', status });
    else if (hasFailed) telemetry({ type: 'jwks-fetch', outcome: 'fetched', status });
  }

  function unavailable(): GatewayError {
    return new GatewayError(
      'AUTHENTICATION_UNAVAILABLE',
      'The keys that tokens are checked with cannot be fetched; ask again.',
      { retryAfterMs: Math.max(0, attemptedAt + COOLDOWN_MS - clock()), cause: failure },
    );
  }
}
