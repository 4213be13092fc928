import { errors, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose';
import { GatewayError } from '../../errors.ts';
import { sha256Hex } from './api-keys.ts';
import type { JwtOptions } from './jwt-options.ts';
import { createKeySet, type KeySetOptions } from './key-set.ts';
import { readClaims } from './token-claims.ts';

/** What a token that was checked tells. */
export interface TokenClaims {
  /** Tells subjects apart without naming them. */
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
 * A token need not say which key it is signed with, and an issuer that changes its key publishes two of a kind: then each is
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
