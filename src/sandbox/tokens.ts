import { randomUUID } from 'node:crypto';

/** `official` and `virtual` come from the plugin_token interface (type 0 and 1) [sdk], `user` from a login code. */
export type TokenKind = 'official' | 'virtual' | 'user';

export interface Token {
  readonly kind: TokenKind;
  /** Whom a user access token acts for. */
  readonly userKey?: string;
  /** On the sandbox's monotonic clock, in milliseconds. */
  readonly expiresAt: number;
  /** True admits one more call of the user query; the limit is one token's on one interface. */
  readonly admitUserQuery: () => boolean;
}

export interface Tokens {
  issue(kind: TokenKind, userKey?: string): string;
  /** What the X-PLUGIN-TOKEN header stands for: a token, or the error code that answers it. */
  check(header: string | undefined): Token | 10021 | 10022 | 10211;
  /** Refuses one token from now on, as after a withdrawal. @returns false where it was none. */
  revoke(token: string): boolean;
  expireAll(): void;
}

export interface TokensOptions {
  readonly lifetimeSeconds: number;
  readonly now: () => number;
  /** Makes the rate limit of one token. */
  readonly newLimit: () => () => boolean;
}

/** The oldest token is forgotten beyond this many, so that a client which never keeps its token costs no memory. */
const MAX_TOKENS = 10_000;

export function createTokens({ lifetimeSeconds, now, newLimit }: TokensOptions): Tokens {
  const tokens = new Map<string, Token>();

  return {
    issue(kind, userKey) {
      const text = `${kind === 'user' ? 'u' : 'p'}-${randomUUID()}`;
      const expiresAt = now() + lifetimeSeconds * 1000;
      tokens.set(text, { kind, ...(userKey === undefined ? {} : { userKey }), expiresAt, admitUserQuery: newLimit() });
      const [oldest] = tokens.keys();
      if (tokens.size > MAX_TOKENS && oldest !== undefined) tokens.delete(oldest);
      return text;
    },

    check(header) {
      if (!header) return 10021;
      if (!/^[pu]-[\w.-]+$/.test(header)) return 10211;
      const token = tokens.get(header);
      return token && now() < token.expiresAt ? token : 10022;
    },

    revoke: (token) => tokens.delete(token),

    expireAll: () => tokens.clear(),
  };
}
