/** One row of the failure table: what a code means, and what a client may do about it. */
export interface Failure {
  /** When clients see this code. Printed in the README and in `docs/`. */
  readonly when: string;
  /** Whether the same request can succeed later without being changed. */
  readonly retryable: boolean;
  /** Status of a request that is refused as a whole. Field errors travel in a 200. */
  readonly httpStatus: number;
}

export type ErrorCode =
  | 'BAD_USER_INPUT'
  | 'PERSISTED_QUERY_NOT_SUPPORTED'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'RATE_LIMITED'
  | 'AUTHENTICATION_UNAVAILABLE'
  | 'FORGET_INCOMPLETE'
  | 'OVERLOADED'
  | 'UPSTREAM_RATE_LIMITED'
  | 'UPSTREAM_TIMEOUT'
  | 'UPSTREAM_UNAVAILABLE'
  | 'UPSTREAM_BAD_RESPONSE'
  | 'UPSTREAM_UNAUTHENTICATED'
  | 'UPSTREAM_FORBIDDEN'
  | 'UPSTREAM_REJECTED'
  | 'INTERNAL_SERVER_ERROR';

/** The one failure table: every code a client can meet in `extensions.code`, except graphql-js' own for bad documents. */
export const failures: Readonly<Record<ErrorCode, Failure>> = {
  BAD_USER_INPUT: {
    when: 'An identifier is empty, too long, not an e-mail or a JSON number; or the request is malformed, or over a limit.',
    retryable: false,
    httpStatus: 400,
  },
  PERSISTED_QUERY_NOT_SUPPORTED: {
    when: 'A persisted query without its text, where trusted documents are off. Apollo Client and urql send the text next, by themselves.',
    retryable: false,
    httpStatus: 200,
  },
  UNAUTHENTICATED: {
    when: 'The caller has no credential for this gateway, or one that it does not know; or the user API refused the token of the caller.',
    retryable: false,
    httpStatus: 401,
  },
  FORBIDDEN: {
    when: 'The caller may not do this: e-mail addresses, fresh people or a tenant without the right to; a query where only trusted documents run; or a request that a page of any site could have sent.',
    retryable: false,
    httpStatus: 403,
  },
  NOT_FOUND: {
    when: 'There is nothing at the address of the request. A user who does not exist is `null` without an error.',
    retryable: false,
    httpStatus: 404,
  },
  RATE_LIMITED: {
    when: 'The caller has named more identifiers than it may in a minute, in operations and in requests to /forget.',
    retryable: true,
    httpStatus: 429,
  },
  AUTHENTICATION_UNAVAILABLE: {
    when: 'The JWKS that the tokens of callers are checked with cannot be fetched, and no keys of the last 24 hours are cached.',
    retryable: true,
    httpStatus: 503,
  },
  FORGET_INCOMPLETE: {
    when: 'A person is forgotten by the process that answers, and perhaps not by all others: ask again.',
    retryable: true,
    httpStatus: 503,
  },
  OVERLOADED: {
    when: "The gateway's own queue is full, or the wait would outlast the deadline of the request.",
    retryable: true,
    httpStatus: 503,
  },
  UPSTREAM_RATE_LIMITED: {
    when: 'The user API answered "too many calls", and the deadline does not allow waiting it out.',
    retryable: true,
    httpStatus: 503,
  },
  UPSTREAM_TIMEOUT: {
    when: 'The user API did not answer before the deadline.',
    retryable: true,
    httpStatus: 504,
  },
  UPSTREAM_UNAVAILABLE: {
    when: 'The user API could not be reached, or answered that it is overloaded or broken.',
    retryable: true,
    httpStatus: 503,
  },
  UPSTREAM_BAD_RESPONSE: {
    when: 'The user API answered something that is not its own format, or left out what is needed to tell people apart.',
    retryable: false,
    httpStatus: 502,
  },
  UPSTREAM_UNAUTHENTICATED: {
    when: "The user API refused the gateway's plugin credential, also after one renewal.",
    retryable: false,
    httpStatus: 502,
  },
  UPSTREAM_FORBIDDEN: {
    when: 'The plugin lacks a permission or setting. The message says what the operator should check.',
    retryable: false,
    httpStatus: 502,
  },
  UPSTREAM_REJECTED: {
    when: 'The user API refused this look-up: a malformed value, bought usage exceeded, or an error code that this gateway does not know.',
    retryable: false,
    httpStatus: 502,
  },
  INTERNAL_SERVER_ERROR: {
    when: 'A fault of the gateway itself. Its cause is in the log of the gateway, never in the answer.',
    retryable: false,
    httpStatus: 500,
  },
};

export interface GatewayErrorOptions {
  /** Earliest time at which asking again can succeed, in milliseconds from now. */
  retryAfterMs?: number | undefined;
  /** What the user API said, where it said anything. Its own text is left out: it can name other people of the batch. */
  upstream?: UpstreamTrace | undefined;
  /** For the operator's eyes (`check`), never sent to a client. */
  cause?: unknown;
  /**
   * What an UPSTREAM_BAD_RESPONSE tells of access: `denied` where it may be for lack of credential or permission; `unclear` where the
   * user API has answered, and only this user is left open. A stale copy is shown in neither case. @default nothing
   */
  access?: 'denied' | 'unclear' | undefined;
}

/** What vendor support asks for: the API's error code and the id of the call in its log. */
export interface UpstreamTrace {
  readonly code?: number | undefined;
  readonly logId?: string | undefined;
}

/**
 * The only error that this product shows to clients. Everything else is masked as `INTERNAL_SERVER_ERROR`.
 * The message says what was expected and what came; it never holds a token, a host or another person's identifier.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;
  readonly upstream: UpstreamTrace | undefined;
  /** Never sent to a client. */
  readonly access: 'denied' | 'unclear' | undefined;
  /**
   * Read by graphql-js when it wraps this error: no place in the query. For a thousand items of a list that would only repeat
   * what their paths tell, and to find it means to read the whole document each time.
   */
  readonly nodes = [] as const;

  constructor(code: ErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
    this.upstream = options.upstream;
    this.access = options.access;
  }

  /** Read by graphql-js when it wraps this error: becomes the `extensions` of the error in the answer. */
  get extensions(): Record<string, unknown> {
    return {
      code: this.code,
      ...(this.retryAfterMs !== undefined && { retryAfterMs: this.retryAfterMs }),
      ...(this.upstream && { upstream: this.upstream }),
    };
  }
}
