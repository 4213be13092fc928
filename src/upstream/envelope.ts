import { z } from 'zod';
import { type ErrorCode, GatewayError, type UpstreamTrace } from '../errors.ts';
import { bodyText } from './body-text.ts';
import { judge, judgeStatus, type UpstreamVerdict } from './error-codes.ts';
import { isHeaderText } from './header-text.ts';
import { parseJson } from './parse-json.ts';
import { decodePerson, isRecord, type Person } from './person.ts';
import type { ReadBody } from './rows/body-reader.ts';
import type { HttpAnswer } from './transport.ts';

/** What one answer of `POST /open_api/user/query` says, after strict decoding. */
export type UserQueryAnswer =
  | {
      readonly outcome: 'people';
      readonly people: Person[];
      readonly malformedRows: number;
      readonly logId?: string | undefined;
    }
  | { readonly outcome: 'token-refused'; readonly upstream: UpstreamTrace };

const tokenEnvelope = z.object({
  data: z
    // A token that cannot be sent is found out now, not in each call until its end.
    .object({ token: z.string().refine(isHeaderText), expire_time: z.number().positive() })
    .nullish()
    .catch(null),
  error: z.object({ code: z.number().int() }),
});

/**
 * Reads an answer of the user query. The shape decides, not the content type; `err_code` first, so an error need not have `data`.
 * @param read the body of it.
 * @throws GatewayError with the code of the failure; never for "nobody found", which is an empty list.
 */
export function decodeUserQuery(answer: HttpAnswer, { envelope, people: matched }: ReadBody): UserQueryAnswer {
  if (!isRecord(envelope) || !isCode(envelope.err_code)) {
    throw toError(judgeStatus(answer.status), answer, { logId: logIdOf(answer) });
  }
  const { err_code: code, data, err } = envelope;
  const logId = logIdOf(answer) ?? (isRecord(err) ? cleanLogId(err.log_id) : undefined);
  const verdict = judge(code, answer.status);
  if (verdict?.outcome === 'token-refused') return { outcome: 'token-refused', upstream: { code, logId } };
  if (verdict?.outcome === 'nobody-found') return { outcome: 'people', people: [], malformedRows: 0, logId };
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
  if (matched) return { outcome: 'people', people: matched, malformedRows: 0, logId };
  const people: Person[] = [];
  for (const row of data) {
    const person = decodePerson(row);
    if (person) people.push(person);
  }
  return { outcome: 'people', people, malformedRows: data.length - people.length, logId };
}

/** Mind that this envelope says `error.code`, not `err_code`, and that a wrong secret often comes on HTTP 200. */
export function decodePluginToken(answer: HttpAnswer): { token: string; lifetimeMs: number } {
  const envelope = tokenEnvelope.safeParse(parseJson(bodyText(answer.body)));
  const logId = logIdOf(answer);
  if (!envelope.success) throw toError(judgeStatus(answer.status), answer, { logId });
  const { data, error } = envelope.data;
  const upstream = { code: error.code, logId };
  if (answer.status === 429 || answer.status >= 500) throw toError(judgeStatus(answer.status), answer, upstream);
  if (error.code !== 0) {
    const verdict = judge(error.code, answer.status);
    if (verdict?.outcome === 'failed' && isPassing(verdict.code)) throw toError(verdict, answer, upstream);
    throw new GatewayError(
      'UPSTREAM_UNAUTHENTICATED',
      'The user API gave no token for the plugin credential: check LARK_PLUGIN_ID, LARK_PLUGIN_SECRET and LARK_TOKEN_TYPE.',
      { upstream },
    );
  }
  if (!data) {
    throw new GatewayError(
      'UPSTREAM_BAD_RESPONSE',
      'Expected a token of visible ASCII and its lifetime from the user API, got something else.',
      {
        upstream,
      },
    );
  }
  return { token: data.token, lifetimeMs: data.expire_time * 1000 };
}

/** Trouble that says nothing about the credential. Every other refusal of a token does, whatever its code. */
const isPassing = (code: ErrorCode) => code === 'UPSTREAM_RATE_LIMITED' || code === 'UPSTREAM_UNAVAILABLE';

const isCode = (value: unknown): value is number => Number.isSafeInteger(value);

function toError(verdict: UpstreamVerdict, answer: HttpAnswer, upstream: UpstreamTrace): GatewayError {
  if (verdict.outcome !== 'failed') throw new TypeError(`Expected a failure, got ${verdict.outcome}.`);
  const retryAfterMs = verdict.code === 'UPSTREAM_RATE_LIMITED' ? retryAfterOf(answer) : undefined;
  return new GatewayError(verdict.code, verdict.message, { retryAfterMs, upstream });
}

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
