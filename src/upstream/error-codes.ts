import type { ErrorCode } from '../errors.ts';

/** What an `err_code` of the user API means for the call that got it. */
export type UpstreamVerdict =
  | { readonly outcome: 'not-found' }
  /** The token is unknown, expired or unreadable: a new one may help. */
  | { readonly outcome: 'token-refused' }
  | { readonly outcome: 'failed'; readonly code: ErrorCode; readonly message: string };

const failed = (code: ErrorCode, message: string): UpstreamVerdict => ({ outcome: 'failed', code, message });
const rejected = (why: string) => failed('UPSTREAM_REJECTED', `The user API refused this look-up: ${why}.`);
const forbidden = (check: string) => failed('UPSTREAM_FORBIDDEN', `The user API denies access: ${check}.`);
const gatewayBug = (why: string) => rejected(`${why}, which is a bug of the gateway`);

/** Bought usage exceeded: says nothing of who asks, nor of what. */
export const USAGE_EXCEEDED = 1000051942;

/** The vendor's error codes, from its handbook page "Open API error codes"; 10023, 10204 and 1000051743 from public programs. */
const verdicts: ReadonlyMap<number, UpstreamVerdict> = new Map([
  [30006, { outcome: 'not-found' }],
  [10021, { outcome: 'token-refused' }],
  [10022, { outcome: 'token-refused' }],
  [10211, { outcome: 'token-refused' }],
  [
    10301,
    forbidden('check that the plugin has the permission to read users, is published, and is installed in the space'),
  ],
  [10302, forbidden('the user named by LARK_USER_KEY has left; configure another')],
  [10001, forbidden('check the permissions of the plugin, and of the user named by LARK_USER_KEY')],
  [10404, forbidden('check that the plugin is installed in the project, and that LARK_USER_KEY may see it')],
  [20039, forbidden('it expects the key of an acting user; configure LARK_USER_KEY')],
  ...[20042, 10023, 1000051743].map((errCode): [number, UpstreamVerdict] => [
    errCode,
    forbidden('LARK_USER_KEY names no user it knows; configure the key of a member'),
  ]),
  [10204, forbidden('check LARK_PLUGIN_ID and LARK_PLUGIN_SECRET, and that the plugin is published and not disabled')],
  [10429, failed('UPSTREAM_RATE_LIMITED', 'The user API is called too often with this credential; ask again later.')],
  [50006, failed('UPSTREAM_UNAVAILABLE', 'The user API says that it is overloaded; ask again later.')],
  [20006, rejected('a value in this call is malformed')],
  [9999, rejected('a value in this call is malformed')],
  [USAGE_EXCEEDED, rejected('the usage bought for this plugin is used up')],
  [20004, gatewayBug('more than 100 identifiers in one call')],
  [20005, gatewayBug('no identifiers in the call')],
  [10430, gatewayBug('a call was sent twice under one id')],
]);

/** The codes of the table, and 0 for success. */
export const documentedErrCodes: ReadonlySet<number> = new Set([0, ...verdicts.keys()]);

/**
 * Decides by `err_code` first, then by the HTTP status: codes ≠ 0 come on HTTP 200 too, and a 401 carries codes that no page lists.
 * @returns undefined for success, that is code 0 on a 2xx.
 */
export function judge(errCode: number, httpStatus: number): UpstreamVerdict | undefined {
  if (errCode === 0 && httpStatus < 300) return undefined;
  const known = verdicts.get(errCode);
  if (known) return known;
  if (httpStatus === 401) return { outcome: 'token-refused' };
  return errCode === 0 || httpStatus === 429 || httpStatus >= 500 ? judgeStatus(httpStatus) : unknown(errCode);
}

/**
 * For an answer without a readable envelope, a proxy's error page say.
 * @param coding its content coding, where it has one.
 */
export function judgeStatus(httpStatus: number, coding?: string): UpstreamVerdict {
  if (httpStatus === 429) {
    return failed('UPSTREAM_RATE_LIMITED', 'The user API is called too often with this credential; ask again later.');
  }
  if (httpStatus >= 500) {
    return failed('UPSTREAM_UNAVAILABLE', `The user API answered with HTTP ${httpStatus}; ask again later.`);
  }
  if (coding !== undefined) {
    return failed(
      'UPSTREAM_BAD_RESPONSE',
      `Expected an answer that is not compressed from the user API, got content-encoding ${coding}: switch compression off in the proxy in front of it.`,
    );
  }
  return failed(
    'UPSTREAM_BAD_RESPONSE',
    `Expected the user API's JSON, got an answer of another form with HTTP ${httpStatus}.`,
  );
}

const unknown = (errCode: number) => rejected(`it answered with error ${errCode}, which this gateway does not know`);
