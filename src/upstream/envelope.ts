import { GatewayError, type UpstreamTrace } from '../errors.ts';
import { judge, judgeStatus, type UpstreamVerdict, USAGE_EXCEEDED } from './error-codes.ts';
import { decodeUser, isRecord, type LarkUser } from './lark-user.ts';
import type { HttpAnswer } from './transport.ts';
import { bodyText } from './transport.ts';
import { isHeaderText } from './user-token.ts';

/** What one answer of `POST /open_api/user/query` says, after strict decoding. */
export type UserQueryAnswer =
  | {
      readonly outcome: 'people';
      readonly people: LarkUser[];
      readonly malformedRows: number;
      readonly logId?: string | undefined;
    }
  | { readonly outcome: 'token-refused'; readonly upstream: UpstreamTrace };

/**
 * Reads a response of the user query. The shape decides, not the content type; `err_code` first, so an error need not have `data`.
 * @throws GatewayError with the code of the failure; never for "no user found", which is an empty list.
 */
export function decodeUserQuery(answer: HttpAnswer): UserQueryAnswer {
  const envelope = parseJson(bodyText(answer.body));
  const { code, data, logId } = readEnvelope(envelope, answer);
  if (code === undefined) throw toError(judgeStatus(answer.status), answer, { logId });
  const verdict = judge(code, answer.status);
  if (verdict?.outcome === 'token-refused') return { outcome: 'token-refused', upstream: { code, logId } };
  if (verdict?.outcome === 'not-found') return { outcome: 'people', people: [], malformedRows: 0, logId };
  if (verdict) throw toError(verdict, answer, { code, logId });
  if (!Array.isArray(data)) {
    throw new GatewayError(
      'UPSTREAM_BAD_RESPONSE',
      'Expected a list of people from the user API, got something else.',
      {
        upstream: { code, logId },
      },
    );
  }
  const people: LarkUser[] = [];
  for (const row of data) {
    const person = decodeUser(row);
    if (person) people.push(person);
  }
  return { outcome: 'people', people, malformedRows: data.length - people.length, logId };
}

/** The vendor's SDKs count on 7200 s; a token that ends earlier is refused and renewed. */
const USUAL_TOKEN_LIFETIME_S = 7200;

/**
 * Reads an answer of the token interface by the same table. A wrong secret often comes on HTTP 200; a token may come without `error`
 * and without its lifetime.
 * @throws GatewayError with the code of the failure.
 */
export function decodePluginToken(answer: HttpAnswer): { token: string; lifetimeMs: number } {
  const { status } = answer;
  const { code, data, logId } = readEnvelope(parseJson(bodyText(answer.body)), answer);
  const upstream = { code, logId };
  const verdict = code === undefined && status >= 300 ? judgeStatus(status) : judge(code ?? 0, status);
  if (verdict)
    throw refusesCredential(verdict, code) ? credentialRefused(upstream) : toError(verdict, answer, upstream);
  const { token, expire_time: lifetimeS = USUAL_TOKEN_LIFETIME_S } = isRecord(data) ? data : NOTHING;
  // A token that cannot be sent is found out now, not in each call until its end.
  if (typeof token === 'string' && isHeaderText(token) && typeof lifetimeS === 'number' && lifetimeS > 0) {
    return { token, lifetimeMs: lifetimeS * 1000 };
  }
  throw new GatewayError(
    'UPSTREAM_BAD_RESPONSE',
    'Expected a token of visible ASCII and its lifetime from the user API, got something else.',
    { upstream },
  );
}

const NOTHING: Readonly<Record<string, unknown>> = {};

/** "No Permission" is what a wrong secret is answered; codes without a meaning of their own say the same of a request for a token. */
const refusesCredential = (verdict: UpstreamVerdict, errCode: number | undefined): boolean =>
  verdict.outcome !== 'failed' ||
  errCode === 10001 ||
  (verdict.code === 'UPSTREAM_REJECTED' && errCode !== USAGE_EXCEEDED);

const credentialRefused = (upstream: UpstreamTrace) =>
  new GatewayError(
    'UPSTREAM_UNAUTHENTICATED',
    'The user API gave no token for the plugin credential: check LARK_PLUGIN_ID, LARK_PLUGIN_SECRET and LARK_TOKEN_TYPE.',
    { upstream },
  );

/**
 * The vendor has two envelopes: `err_code` beside `err`, and `error.code` of the token interface, which answers with the other one at
 * times. The code that is not 0 counts.
 * @throws GatewayError UPSTREAM_BAD_RESPONSE, or by the HTTP status, where it is neither, or has a code that is no number.
 */
function readEnvelope(envelope: unknown, answer: HttpAnswer) {
  const headerLogId = logIdOf(answer);
  if (isRecord(envelope)) {
    const { err_code, err, error, data } = envelope;
    const codes = [err_code, isRecord(error) ? error.code : undefined].filter((code) => code !== undefined);
    if (codes.every(isCode)) {
      const logId = headerLogId ?? (isRecord(err) ? cleanLogId(err.log_id) : undefined);
      return { code: codes.find((code) => code !== 0) ?? codes[0], data, logId };
    }
  }
  throw toError(judgeStatus(answer.status, codingOf(answer)), answer, { logId: headerLogId });
}

const isCode = (value: unknown): value is number => Number.isSafeInteger(value);

function toError(verdict: UpstreamVerdict, answer: HttpAnswer, upstream: UpstreamTrace): GatewayError {
  if (verdict.outcome !== 'failed') throw new TypeError(`Expected a failure, got ${verdict.outcome}.`);
  const retryAfterMs = verdict.code === 'UPSTREAM_RATE_LIMITED' ? retryAfterOf(answer) : undefined;
  return new GatewayError(verdict.code, verdict.message, { retryAfterMs, upstream, access: accessOf(verdict, answer) });
}

/** What the answer says it is compressed with, as far as that can be shown: it was not asked for. */
function codingOf({ headers }: HttpAnswer): string | undefined {
  const coding = headers['content-encoding'];
  if (coding === undefined || coding === '' || coding === 'identity') return undefined;
  return typeof coding === 'string' && /^[\w-]{1,20}$/.test(coding) ? coding : 'of several kinds';
}

/** 401 and 403 are refusals, whatever their body. */
const accessOf = ({ code }: { code: string }, { status }: HttpAnswer) =>
  code === 'UPSTREAM_BAD_RESPONSE' && (status === 401 || status === 403) ? 'denied' : undefined;

/** Vendor support asks for this id: `X-Tt-Logid`, else `X-Request-Id`. */
function logIdOf({ headers }: HttpAnswer): string | undefined {
  return cleanLogId(headers['x-tt-logid']) ?? cleanLogId(headers['x-request-id']);
}

/** Goes into errors and logs, so it must look like an id: anything else, an e-mail address say, is no log id. */
function cleanLogId(id: unknown): string | undefined {
  return typeof id === 'string' && /^[\w.-]+$/.test(id) ? id.slice(0, MAX_LOG_ID_LENGTH) : undefined;
}

/** Longer than any of the vendor's, short enough for an error. */
const MAX_LOG_ID_LENGTH = 128;

/** `Retry-After` comes in seconds or as a date; one second, the length of the vendor's window, where it is missing. */
function retryAfterOf({ headers }: HttpAnswer): number {
  const value = headers['retry-after'];
  if (typeof value !== 'string' || value === '') return 1000;
  const seconds = Number(value);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, Math.round(ms)) : 1000;
}

/** @returns `undefined` for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
