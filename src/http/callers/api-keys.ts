import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Caller } from './caller.ts';

export interface ApiKey {
  /** Letters, digits, `-`, `_` and `.`: appears in logs. Two keys may share it while one replaces the other. */
  readonly name: string;
  /**
   * SHA-256 of a key that `lug_` and 43 letters, digits, `-` or `_` make, as the command `api-key` prints it: 64 hex digits. No other
   * key is accepted.
   */
  readonly sha256: string;
  /** What it allows beyond lookups: `email:read`, `cache:refresh`, `cache:forget`. @default nothing */
  readonly scopes?: readonly string[] | undefined;
  /** The tenants that it may name. @default those of the gateway */
  readonly tenantKeys?: readonly string[] | undefined;
}

/** 256 random bits, so that a key cannot be guessed from its hash. A password can be. */
const API_KEY = /^lug_[\w-]{43}$/;

export const createApiKey = (): string => `lug_${randomBytes(32).toString('base64url')}`;

/** @param toCaller what a key of this name and scopes may do. @returns finds the caller of a key; `undefined` for an unknown key. */
export function createApiKeyCheck(keys: readonly ApiKey[], toCaller: (key: ApiKey) => Caller) {
  const known = keys.map((key) => ({ hash: Buffer.from(key.sha256, 'hex'), caller: toCaller(key) }));
  return (credential: string): Caller | undefined => {
    if (!API_KEY.test(credential)) return undefined;
    const hash = createHash('sha256').update(credential).digest();
    let found: Caller | undefined;
    // All are compared, each in constant time, so that the duration does not show which one was nearly right.
    for (const key of known) if (timingSafeEqual(key.hash, hash)) found = key.caller;
    return found;
  };
}

export const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');
