import { createHash } from 'node:crypto';
import { GatewayError } from '../errors.ts';

/** The request header in which a caller brings a user access token of their own. */
export const USER_TOKEN_HEADER = 'x-lark-user-token';

/** A user access token that a caller sent. Printed or serialised, it shows its identity, never the token. */
export interface UserToken {
  /** Separates callers in keys and maps: a hash, from which the token cannot be found. */
  readonly identity: string;
  /** The token itself, for the wire only. */
  reveal(): string;
}

/** Longer than the vendor's by far. */
const MAX_LENGTH = 4_096;

/** @returns UNAUTHENTICATED where no header can hold it. The message does not repeat it. */
export function parseUserToken(text: string): UserToken | GatewayError {
  // TypeScript says so; programs in JavaScript may not. Without spaces: a header that is sent twice arrives as one, with one between.
  if (typeof text === 'string' && text.length <= MAX_LENGTH && isHeaderText(text)) {
    const hash = createHash('sha256').update(text).digest('hex');
    return { identity: `caller:${hash}`, reveal: () => text };
  }
  return new GatewayError(
    'UNAUTHENTICATED',
    `Expected a user access token in the header ${USER_TOKEN_HEADER}, of at most ${MAX_LENGTH} characters without spaces, got something else.`,
  );
}

export const userTokenMissing = (): GatewayError =>
  new GatewayError(
    'UNAUTHENTICATED',
    `This gateway asks the user API with the tokens of its callers: send a user access token in the header ${USER_TOKEN_HEADER}.`,
  );

/** Nothing to renew it with: only its caller can get another. */
export const userTokenRefused = (upstream: GatewayError['upstream']): GatewayError =>
  new GatewayError('UNAUTHENTICATED', `The user API refused the token in ${USER_TOKEN_HEADER}: get a new one.`, {
    upstream,
  });

/** True for what every header can hold and no program on the way changes: visible ASCII, without spaces. */
export const isHeaderText = (text: string): boolean => /^[\x21-\x7e]+$/.test(text);
