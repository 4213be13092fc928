import { isFaultStack } from './fault-stack.ts';

type Check<Value> = (value: unknown) => Value | undefined;

const text =
  (pattern: RegExp): Check<string> =>
  (value) =>
    typeof value === 'string' && pattern.test(value) ? value : undefined;

const count: Check<number> = (value) => (Number.isSafeInteger(value) ? (value as number) : undefined);

const flag: Check<boolean> = (value) => (typeof value === 'boolean' ? value : undefined);

/** To a tenth of a millisecond. */
const duration: Check<number> = (value) =>
  typeof value === 'number' && Number.isFinite(value) ? Math.round(value * 10) / 10 : undefined;

const CODE = /^[A-Z][A-Z\d_]{1,49}$/;

const countsByCode: Check<Readonly<Record<string, number>>> = (value) =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value).filter(([code, times]) => CODE.test(code) && Number.isSafeInteger(times)),
      )
    : undefined;

/**
 * All that a line of the log can hold, and the form of each: what is not here, or looks otherwise, is not written. A list of what
 * to hide would be forgotten at the next field, and hides nothing inside of nested values.
 */
const FIELDS = {
  /** Made by the gateway. What a client sends as such an id could be anything. */
  requestId: text(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/),
  /** Of a valid `traceparent` header. */
  traceId: text(/^[\da-f]{32}$/),
  endpoint: text(/^(graphql|forget|health|readiness|metrics|other)$/),
  method: text(/^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|other)$/),
  status: count,
  durationMs: duration,
  /** Name of an API key, or hash of a token's issuer and subject. */
  caller: text(/^[\w.-]{1,64}$/),
  operation: text(/^(query|mutation|subscription)$/),
  outcome: text(/^([A-Z][A-Z\d_]{1,49}|answered|cancelled|renewed|fetched|ok|timeout|failed|skipped)$/),
  /** How many errors of each code. */
  errors: countsByCode,
  /** How many were asked for; never which. */
  identifiers: count,
  identifiersSent: count,
  upstreamCalls: count,
  cacheHits: count,
  sharedHits: count,
  joined: count,
  stale: count,
  found: count,
  notFound: count,
  waitedMs: duration,
  kind: text(/^(key|outId|email)$/),
  errCode: count,
  /** Id of a call in the log of the user API: vendor support asks for it. */
  logId: text(/^[\w.-]{1,128}$/),
  queued: count,
  shed: count,
  lookUps: count,
  refreshedAhead: count,
  malformed: count,
  unasked: count,
  failures: count,
  requestsCut: count,
  /** Of Redis. */
  command: text(/^(heartbeat|cache-read|cache-write|quota|token|forget|listen)$/),
  isUp: flag,
  mode: text(/^(shared|alone|returning)$/),
  /** Of the gateway. */
  version: text(/^\d+\.\d+\.\d+[\w.+-]{0,40}$/),
  /** Where it listens. */
  url: text(/^http:\/\/(\d+(\.\d+){3}|\[[\da-f:.]+\]):\d{1,5}$/),
  /** Of a page in a browser that may not send requests, as browsers send it: scheme, host and port. */
  origin: text(/^https?:\/\/([\w.-]{1,253}|\[[\da-f:.]{2,45}\])(:\d{1,5})?$/),
  /** Which of several processes, from 1 on. */
  worker: count,
  pid: count,
  exitCode: count,
  signal: text(/^SIG[A-Z\d]{2,10}$/),
  pauseMs: duration,
  stack: (value: unknown) => (isFaultStack(value) ? value : undefined),
} satisfies Record<string, Check<unknown>>;

export type LogFields = {
  readonly [Name in keyof typeof FIELDS]?: ReturnType<(typeof FIELDS)[Name]> | undefined;
};

/** Only what the list above allows, whatever came in. */
export function cleanFields(fields: LogFields): LogFields {
  const clean: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const allowed = Object.hasOwn(FIELDS, name) ? FIELDS[name as keyof typeof FIELDS](value) : undefined;
    if (allowed !== undefined) clean[name] = allowed;
  }
  return clean;
}
