import type { PersonRow } from './person.ts';

/** What an interface answers. A text or bytes as `body` are sent as they are, any other value as JSON. */
export interface Reply {
  /** HTTP status. */
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** The error codes of the user API that are known, with or without a request that leads to them here. */
export type ErrorCode =
  | 9999
  | 10001
  | 10021
  | 10022
  | 10211
  | 10301
  | 10302
  | 10404
  | 10429
  | 10430
  | 20004
  | 20005
  | 20006
  | 20039
  | 20042
  | 30006
  | 50006
  | 1000051942;

/** HTTP status and err_msg of each code [err]. */
export const ERRORS: Readonly<Record<ErrorCode, { readonly status: number; readonly message: string }>> = {
  9999: { status: 400, message: 'Invalid Param' },
  10001: { status: 403, message: 'No Permission' },
  10021: { status: 401, message: 'Token Not Exist' },
  10022: { status: 401, message: 'Check Token Failed' },
  10211: { status: 403, message: 'Token Info Is Invalid' },
  10301: { status: 401, message: 'Check Token Perm Failed' },
  10302: { status: 401, message: 'Check User Error, User Is Resigned' },
  10404: { status: 403, message: 'No Project Permission' },
  10429: { status: 429, message: 'API Request Frequency Limit' },
  10430: { status: 429, message: 'API Request Idempotent Limit' },
  20004: { status: 400, message: 'Search User Limit' },
  20005: { status: 400, message: 'Missing Param' },
  20006: { status: 400, message: 'Invalid Param' },
  20039: { status: 400, message: 'X-USER-KEY Missing' },
  20042: { status: 400, message: 'X-USER-KEY Wrong' },
  30006: { status: 404, message: 'User Not Found' },
  50006: { status: 500, message: 'openapi system err, please try again later' },
  1000051942: { status: 400, message: 'commercial usage exceeded' },
};

/** @param detail what exactly was wrong, for the developer; stands in `err.msg` behind the vendor's words. */
export function errorReply(code: ErrorCode, logId: string, detail?: string): Reply {
  const { status, message } = ERRORS[code];
  const msg = detail === undefined ? message : `${message}: ${detail}`;
  return { status, body: { data: null, err: { code, msg, log_id: logId }, err_msg: message, err_code: code } };
}

export function rowsReply(rows: readonly PersonRow[]): Reply {
  return { status: 200, body: { data: rows, err: {}, err_msg: '', err_code: 0 } };
}

/** The plugin_token interface has an envelope of its own [sdk]. */
export function tokenReply(token: string, expireTimeSeconds: number): Reply {
  return {
    status: 200,
    body: { data: { token, expire_time: expireTimeSeconds }, error: { code: 0, msg: 'success' } },
  };
}

/** Refused on HTTP 200 as a rule [use]. Which codes the vendor takes here is not known [?]: decide by "not 0". */
export function tokenErrorReply(code: ErrorCode, detail: string, status = 200): Reply {
  return { status, body: { data: {}, error: { code, msg: `${ERRORS[code].message}: ${detail}` } } };
}

/** The error code inside a reply of either interface, 0 where it has none (success, a page of text, something broken). */
export function errCodeOf({ body }: Reply): number {
  const { err_code, error } = (typeof body === 'object' && body !== null ? body : {}) as {
    err_code?: unknown;
    error?: { code?: unknown } | null;
  };
  const code = err_code ?? error?.code;
  return typeof code === 'number' ? code : 0;
}
