import type { InterfaceName, ReceivedCall } from '../faults.ts';
import { KINDS } from '../people-index.ts';
import { ERRORS, type ErrorCode, errorReply, type Reply, tokenErrorReply } from '../reply.ts';
import { identifiersOf } from './fault-scope.ts';
import { defineFault } from './named-fault.ts';
import { choice, type Parameter, texts, wholeNumber, yesNo } from './parameter.ts';

/** Seconds: longer than anybody would wait. */
const ABSURD_RETRY_AFTER = 86_400;

/** The API itself says no. */
export const refusalFaults = {
  error: defineFault({
    about:
      'an error of the API: any code, on its own HTTP status or with onHttp200=true on 200; withoutData=true has no data at all',
    parameters: { code: wholeNumber(1, 2 ** 53 - 1, 50006), onHttp200: yesNo(false), withoutData: yesNo(false) },
    strike: ({ code, onHttp200, withoutData }, { call }) => {
      const reply = refusal(call, code, onHttp200);
      return withoutData ? { ...reply, body: { ...(reply.body as object), data: undefined } } : reply;
    },
  }),

  'rate-limit': defineFault({
    about: '429/10429 with Retry-After: seconds, none, or absurd (a day); as=date writes it as a date',
    parameters: { retryAfter: secondsOrWord(), as: choice(['seconds', 'date'], 'seconds') },
    strike: ({ retryAfter, as }, { call }) => {
      const reply = refusal(call, 10429, false);
      if (retryAfter === 'none') return reply;
      const seconds = retryAfter === 'absurd' ? ABSURD_RETRY_AFTER : retryAfter;
      return { ...reply, headers: { 'retry-after': as === 'date' ? dateIn(seconds) : String(seconds) } };
    },
  }),

  poison: defineFault({
    about: 'every query that names one of identifiers fails as a whole with code',
    parameters: { identifiers: texts(), code: wholeNumber(1, 2 ** 53 - 1, 20006), onHttp200: yesNo(false) },
    strike: ({ identifiers, code, onHttp200 }, { call }) => {
      // E-mails have no case, and a gateway may send them in another one than its client did.
      const poisonous = new Set(identifiers.map((identifier) => identifier.toLowerCase()));
      const named = KINDS.flatMap((kind) => identifiersOf(call.body, kind));
      const isNamed = named.some((identifier) => poisonous.has(String(identifier).toLowerCase()));
      return isNamed ? refusal(call, code, onHttp200) : undefined;
    },
  }),
};

const UNKNOWN: (typeof ERRORS)[ErrorCode] = { status: 400, message: 'Unknown Error' };
const DETAIL = 'a fault is on, see GET /_sandbox/faults';

/** In the envelope of the interface that was called. Codes beyond the table are answered too, with HTTP 400. */
export function refusal(call: ReceivedCall, code: number, onHttp200: boolean): Reply {
  const { status, message } = ERRORS[code as ErrorCode] ?? UNKNOWN;
  const reply = ENVELOPES[call.interface](code, message, call.logId);
  return { ...reply, status: onHttp200 ? 200 : status };
}

const ENVELOPES: Readonly<Record<InterfaceName, (code: number, message: string, logId: string) => Reply>> = {
  user_query: (code, message, logId) => {
    if (code in ERRORS) return errorReply(code as ErrorCode, logId, DETAIL);
    const err = { code, msg: `${message}: ${DETAIL}`, log_id: logId };
    return { status: 400, body: { data: null, err, err_msg: message, err_code: code } };
  },
  plugin_token: (code, message) => {
    if (code in ERRORS) return tokenErrorReply(code as ErrorCode, DETAIL);
    return { status: 400, body: { data: {}, error: { code, msg: `${message}: ${DETAIL}` } } };
  },
};

function secondsOrWord(): Parameter<number | 'none' | 'absurd'> {
  const seconds = wholeNumber(0, ABSURD_RETRY_AFTER * 365);
  return {
    expected: `${seconds.expected}, none or absurd`,
    default: 1,
    options: ['none', 'absurd'],
    read: (value) => (value === 'none' || value === 'absurd' ? value : seconds.read(value)),
  };
}

/** By the wall clock: it stands beside the header Date, which Node takes from there too. */
function dateIn(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toUTCString();
}
