import type { ErrorCode } from '../errors.ts';

/** What an `err_code` of the user API means for the call that got it. */
export type UpstreamVerdict =
  | { readonly outcome: 'nobody-found' }
  /** The token is unknown, expired or unreadable: a new one may help. */
  | { readonly outcome: 'token-refused' }
  | { readonly outcome: 'failed'; readonly code: ErrorCode; readonly message: string };

const failed = (code: ErrorCode, message: string): UpstreamVerdict => ({ outcome: 'failed', code, message });
const rejected = (why: string) => failed('UPSTREAM_REJECTED', `The user API refused this look-up: ${why}.`);
const forbidden = (check: string) => failed('UPSTREAM_FORBIDDEN', `The user API denies access: ${check}.`);
const gatewayBug = (why: string) => rejected(`${why}, which is a bug of the gateway`);

/** The vendor's error codes, from its handbook page "Open API error codes". */
const verdicts: ReadonlyMap<number, UpstreamVerdict> = new Map([
  [30006, { outcome: 'nobody-found' }],
  [10021, { outcome: 'token-refused' }],
  [10022, { outcome: 'token-refused' }],
  [10211, { outcome: 'token-refused' }],
  [
    10301,
    forbidden('check that the plugin has the permission to read users, is published, and is installed in the space'),
  ],
  [10302, forbidden('the person named by LARK_USER_KEY has left; name another')],
  [10001, forbidden('check the permissions of the plugin, and of the person named by LARK_USER_KEY')],
  [10404, forbidden('check that the plugin is installed in the project, and that LARK_USER_KEY may see it')],
  [20039, forbidden('it wants the key of an acting person; configure LARK_USER_KEY')],
  [20042, forbidden('LARK_USER_KEY names nobody it knows; configure the key of a member')],
  [10429, failed('UPSTREAM_RATE_LIMITED', 'The user API is called too often with this credential; ask again later.')],
  [50006, failed('UPSTREAM_UNAVAILABLE', 'The user API says that it is overloaded; ask again later.')],
  [20006, rejected('a value in this call is malformed')],
  [9999, rejected('a value in this call is malformed')],
  [1000051942, rejected('the usage bought for this plugin is used up')],
  [20004, gatewayBug('more than 100 identifiers in one call')],
  [20005, gatewayBug('no identifiers in the call')],
  [10430, gatewayBug('a call was sent twice under one id')],
]);

/** What the vendor documents, and 0 for success. */
export const documentedErrCodes: ReadonlySet<number> = new Set([0, ...verdicts.keys()]);

/**
 * Decides by `err_code` first, then by the HTTP status: codes ≠ 0 come on HTTP 200 too.
 * @returns undefined for success, that is code 0 on a 2xx.
 */
export function judge(errCode: number, httpStatus: number): UpstreamVerdict | undefined {
  if (errCode === 0) return httpStatus < 300 ? undefined : judgeStatus(httpStatus);
  return (
    verdicts.get(errCode) ?? (httpStatus === 429 || httpStatus >= 500 ? judgeStatus(httpStatus) : unknown(errCode))
  );
}

/** For an answer without a readable envelope, a proxy's error page say. */
export function judgeStatus(httpStatus: number): UpstreamVerdict {
  if (httpStatus === 429) {
    return failed('UPSTREAM_RATE_LIMITED', 'The user API is called too often with this credential; ask again later.');
  }
  if (httpStatus >= 500) {
    return failed('UPSTREAM_UNAVAILABLE', `The user API answered with HTTP ${httpStatus}; ask again later.`);
  }
  return failed(
    'UPSTREAM_BAD_RESPONSE',
    `Expected the user API's JSON, got an answer of another form with HTTP ${httpStatus}.`,
  );
}

const unknown = (errCode: number) => rejected(`it answered with error ${errCode}, which it does not document`);
