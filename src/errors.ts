/** One row of the failure table: what a code means, and whether a client can retry. */
export interface Failure {
  /** When clients see this code. Printed in the README and in `docs/`. */
  readonly when: string;
  /** Whether the same request can succeed later without being changed. */
  readonly retryable: boolean;
  /** Status of a request that is rejected as a whole. Field errors are part of a 200 response. */
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

/** The one failure table: every code in `extensions.code`, except those of graphql-js for invalid documents. */
export const failures: Readonly<Record<ErrorCode, Failure>> = {
  BAD_USER_INPUT: {
    when: 'An identifier is empty, too long, not an e-mail address or a JSON number; or the request is malformed or exceeds a limit.',
    retryable: false,
    httpStatus: 400,
  },
  PERSISTED_QUERY_NOT_SUPPORTED: {
    when: 'A persisted query without its text, where trusted documents are off. Apollo Client and urql then send the text automatically.',
    retryable: false,
    httpStatus: 200,
  },
  UNAUTHENTICATED: {
    when: 'The caller sent no valid credential for this gateway, or the user API refused the token of the caller.',
    retryable: false,
    httpStatus: 401,
  },
  FORBIDDEN: {
    when: 'The caller has no right to e-mail addresses, to bypass the cache, or to a tenant; the document is not trusted; or CSRF prevention rejected the request.',
    retryable: false,
    httpStatus: 403,
  },
  NOT_FOUND: {
    when: 'The URL has no endpoint. A user that is not found is `null` without an error.',
    retryable: false,
    httpStatus: 404,
  },
  RATE_LIMITED: {
    when: 'The caller exceeded its identifiers per minute, over operations and requests to /forget.',
    retryable: true,
    httpStatus: 429,
  },
  AUTHENTICATION_UNAVAILABLE: {
    when: "The JWKS that verifies callers' tokens cannot be fetched, and no keys of the last 24 hours are cached.",
    retryable: true,
    httpStatus: 503,
  },
  FORGET_INCOMPLETE: {
    when: 'The process that answered has forgotten the user; some others may not have. Retry.',
    retryable: true,
    httpStatus: 503,
  },
  OVERLOADED: {
    when: "The gateway's queue is full, or the wait would exceed the deadline of the request.",
    retryable: true,
    httpStatus: 503,
  },
  UPSTREAM_RATE_LIMITED: {
    when: 'The user API answered "too many calls", and the backoff would exceed the deadline of the request.',
    retryable: true,
    httpStatus: 503,
  },
  UPSTREAM_TIMEOUT: {
    when: 'The user API did not answer before the deadline.',
    retryable: true,
    httpStatus: 504,
  },
  UPSTREAM_UNAVAILABLE: {
    when: 'The user API could not be reached, or responded with an overload or server error.',
    retryable: true,
    httpStatus: 503,
  },
  UPSTREAM_BAD_RESPONSE: {
    when: 'The response of the user API is malformed, or lacks the fields that distinguish users.',
    retryable: false,
    httpStatus: 502,
  },
  UPSTREAM_UNAUTHENTICATED: {
    when: "The user API refused the gateway's plugin credential, even after one renewal.",
    retryable: false,
    httpStatus: 502,
  },
  UPSTREAM_FORBIDDEN: {
    when: 'The plugin lacks a permission or setting. The message says which one the operator should check.',
    retryable: false,
    httpStatus: 502,
  },
  UPSTREAM_REJECTED: {
    when: 'The user API rejected this lookup: a malformed value, purchased usage exceeded, or an error code unknown to this gateway.',
    retryable: false,
    httpStatus: 502,
  },
  INTERNAL_SERVER_ERROR: {
    when: 'An internal error of the gateway. Its cause is in the log of the gateway, never in the response.',
    retryable: false,
    httpStatus: 500,
  },
};

export interface GatewayErrorOptions {
  /** When a retry can succeed at the earliest, in milliseconds from now. */
  retryAfterMs?: number | undefined;
  /** Code and log id of the user API. Its message is left out: it can contain identifiers of other users of the batch. */
  upstream?: UpstreamTrace | undefined;
  /** For the operator (`check`), never sent to a client. */
  cause?: unknown;
  /**
   * Access in an UPSTREAM_BAD_RESPONSE: `denied` where a credential or permission may be missing; `unclear` where the user API has
   * answered without a result for this user. A stale copy is served in neither case. @default not relevant
   */
  access?: 'denied' | 'unclear' | undefined;
}

/** For vendor support: the error code of the user API and the id of the call in its log. */
export interface UpstreamTrace {
  readonly code?: number | undefined;
  readonly logId?: string | undefined;
}

/**
 * The only error that clients see. All others are masked as `INTERNAL_SERVER_ERROR`.
 * The message says what was expected and what came; it never has a token, a host or another user's identifier.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;
  readonly upstream: UpstreamTrace | undefined;
  /** Never sent to a client. */
  readonly access: 'denied' | 'unclear' | undefined;
  /**
   * Read by graphql-js when it wraps this error: no locations. For a thousand items of a list they would only repeat what the paths
   * show, and each needs a scan of the whole document.
   */
  readonly nodes = [] as const;

  constructor(code: ErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
    this.upstream = options.upstream;
    this.access = options.access;
  }

  /** Read by graphql-js when it wraps this error: becomes the `extensions` of the error in the response. */
  get extensions(): Record<string, unknown> {
    return {
      code: this.code,
      ...(this.retryAfterMs !== undefined && { retryAfterMs: this.retryAfterMs }),
      ...(this.upstream && { upstream: this.upstream }),
    };
  }
}
