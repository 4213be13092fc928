import { createRemoteJWKSet, customFetch, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { GatewayError } from '../../errors.ts';
import type { Telemetry } from '../../telemetry/events.ts';
import { sha256Hex } from './api-keys.ts';
import type { JwtOptions } from './jwt-options.ts';

/** What a token that was checked tells. */
export interface TokenClaims {
  /** Tells subjects apart without naming them. */
  readonly subjectHash: string;
  readonly scopes: readonly string[];
}

const USUAL_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];

const FETCH_TIMEOUT_MS = 3_000;

/**
 * @returns checks a token: signature, issuer, audience, lifetime. `undefined` for a token that does not pass.
 * @throws GatewayError AUTHENTICATION_UNAVAILABLE where the keys cannot be fetched (by the promise).
 */
export function createJwtCheck(
  options: JwtOptions,
  telemetry: Telemetry,
): (token: string) => Promise<TokenClaims | undefined> {
  const { issuer, audience, algorithms = USUAL_ALGORITHMS, clockToleranceSeconds = 5 } = options;
  let isFailing = false;
  let status: number | undefined;
  const keys = createRemoteJWKSet(new URL(options.jwksUrl), {
    timeoutDuration: FETCH_TIMEOUT_MS,
    async [customFetch](...asked) {
      status = undefined;
      const response = await fetch(...asked);
      status = response.status;
      return response;
    },
  });
  const rules = {
    issuer,
    audience,
    algorithms: [...algorithms],
    clockTolerance: clockToleranceSeconds,
    // A token that never ends could not be withdrawn.
    requiredClaims: ['exp', 'sub'],
  };
  return async (token) => {
    try {
      const payload = await verified(token, keys, rules);
      noteKeys();
      return { subjectHash: sha256Hex(`${issuer}\n${payload.sub}`).slice(0, 16), scopes: scopesOf(payload) };
    } catch (error) {
      if (isAboutTheToken(error)) {
        noteKeys();
        return undefined;
      }
      tell('AUTHENTICATION_UNAVAILABLE');
      throw new GatewayError(
        'AUTHENTICATION_UNAVAILABLE',
        'The keys that tokens are checked with cannot be fetched; ask again.',
        { cause: error },
      );
    }
  };

  function noteKeys(): void {
    if (isFailing && status === 200) tell('fetched');
  }

  function tell(outcome: 'fetched' | 'AUTHENTICATION_UNAVAILABLE'): void {
    isFailing = outcome !== 'fetched';
    telemetry({ type: 'caller-keys', outcome, status });
    // A token that is checked with keys of before tells nothing: their address has to answer again.
    status = undefined;
  }
}

/**
 * A token need not say which key it is signed with, and an issuer that changes its key publishes two of a kind: then each is
 * tried, as jose advises.
 */
async function verified(token: string, keys: ReturnType<typeof createRemoteJWKSet>, rules: JWTVerifyOptions) {
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

/** `scope` as in RFC 9068, or `scp` as some issuers write it: text with spaces between, or a list. */
function scopesOf({ scope, scp }: JWTPayload): string[] {
  const claimed = scope ?? scp;
  if (Array.isArray(claimed)) return claimed.filter((one) => typeof one === 'string');
  return typeof claimed === 'string' ? claimed.split(' ') : [];
}

/** What fetching the keys ends with is no fault of the token. */
function isAboutTheToken(error: unknown): boolean {
  const isAboutKeys =
    error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid || error instanceof errors.JWKInvalid;
  // jose reports an answer other than 200, and one that is not JSON, as its plain base class.
  return error instanceof errors.JOSEError && error.code !== 'ERR_JOSE_GENERIC' && !isAboutKeys;
}
