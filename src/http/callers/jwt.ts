import { createLocalJWKSet, errors, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose';
import { z } from 'zod';
import { GatewayError } from '../../errors.ts';
import type { Clock } from '../../policies/clock.ts';
import type { Telemetry } from '../../telemetry/events.ts';
import { sha256Hex } from './api-keys.ts';

export interface JwtOptions {
  /** Where the issuer publishes its keys. Fetched when first needed, kept for 10 minutes, and for a day while it cannot be fetched; at most one fetch in 10 seconds. */
  readonly jwksUrl: string;
  /** `iss` must equal it. */
  readonly issuer: string;
  /** `aud` must hold it. */
  readonly audience: string;
  /** Signatures that are accepted. @default RS256, PS256, ES256, EdDSA */
  readonly algorithms?: readonly string[] | undefined;
  /** How far clocks may differ, in seconds. @default 5 */
  readonly clockToleranceSeconds?: number | undefined;
}

/** What is read of a token that passed the check. */
interface TokenClaims {
  /** Identifies the subject without its name. */
  readonly subjectHash: string;
  readonly scopes: readonly string[];
}

const USUAL_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];

/**
 * @returns checks a token: signature, issuer, audience, lifetime. `undefined` for a token that does not pass.
 * @throws GatewayError AUTHENTICATION_UNAVAILABLE where the keys cannot be fetched (by the promise).
 */
export function createJwtCheck(
  options: JwtOptions,
  { clock, telemetry }: Pick<KeySetOptions, 'clock' | 'telemetry'>,
): (token: string) => Promise<TokenClaims | undefined> {
  const { jwksUrl, issuer, audience, algorithms = USUAL_ALGORITHMS, clockToleranceSeconds = 5 } = options;
  const keys = createKeySet({ jwksUrl, clock, telemetry });
  const rules = { issuer, audience, algorithms: [...algorithms], clockTolerance: clockToleranceSeconds };
  return async (token) => {
    try {
      const claims = readClaims(await verified(token, keys, rules));
      if (!claims) return undefined;
      return { subjectHash: sha256Hex(`${issuer}\n${claims.sub}`).slice(0, 16), scopes: claims.scopes };
    } catch (error) {
      if (error instanceof GatewayError) throw error;
      if (isAboutTheToken(error)) return undefined;
      // A key of the JWKS that cannot be used.
      telemetry({ type: 'jwks-fetch', outcome: 'AUTHENTICATION_UNAVAILABLE' });
      throw new GatewayError(
        'AUTHENTICATION_UNAVAILABLE',
        'The key that this token is checked with cannot be used; ask again.',
        { cause: error },
      );
    }
  };
}

/**
 * A token need not name the key it is signed with, and an issuer that changes its key publishes two of a kind: then each is
 * tried, as jose advises.
 */
async function verified(token: string, keys: JWTVerifyGetKey, rules: JWTVerifyOptions) {
  try {
    return (await jwtVerify(token, keys, rules)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, rules)).payload;
      } catch (one) {
        if (!(one instanceof errors.JWSSignatureVerificationFailed)) throw one;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** jose reports what is wrong with a token as errors of its own, and what is wrong with a key as JWKInvalid or JWKSInvalid. */
const isAboutTheToken = (error: unknown): boolean =>
  error instanceof errors.JOSEError && !(error instanceof errors.JWKSInvalid || error instanceof errors.JWKInvalid);

/** A SPIFFE ID, the longest subject of any standard, has at most 2,048 characters. */
const MAX_SUBJECT_LENGTH = 2_048;
/** Seconds. A token that hardly ever ends cannot be withdrawn; an `exp` in milliseconds would end in the year 50,000. */
const MAX_LIFETIME_SECONDS = 10 * 366 * 24 * 60 * 60;

/** A NumericDate of RFC 7519. JSON can write numbers that JavaScript reads as Infinity. */
const numericDate = z
  .number()
  .nonnegative()
  .refine((seconds) => seconds <= Date.now() / 1_000 + MAX_LIFETIME_SECONDS);

const scopeList = z.union([z.string().transform((text) => text.split(' ')), z.array(z.string())]).nullish();

const claimsShape = z
  .object({
    sub: z.string().max(MAX_SUBJECT_LENGTH).regex(/\S/),
    aud: z.union([z.string(), z.array(z.string())]),
    // A token that never ends could not be withdrawn.
    exp: numericDate,
    iat: numericDate.optional(),
    nbf: numericDate.optional(),
    // As in RFC 9068, or as some issuers write it.
    scope: scopeList,
    scp: scopeList,
  })
  .transform(({ sub, scope, scp }) => ({ sub, scopes: scope ?? scp ?? [] }));

/**
 * Checks the form of the claims that the gateway goes by; jose checks the values of `iss`, `aud`, `exp` and `nbf`, and lets any `sub`
 * pass that is there.
 * @returns `undefined` where one of them is malformed, so that the token is refused.
 */
function readClaims(payload: unknown): z.output<typeof claimsShape> | undefined {
  return claimsShape.safeParse(payload).data;
}

interface KeySetOptions {
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
function createKeySet({ jwksUrl, clock, telemetry }: KeySetOptions): JWTVerifyGetKey {
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
