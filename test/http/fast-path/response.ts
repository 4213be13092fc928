import type { GatewayEvent } from '../../../src/telemetry/events.ts';
import type { LogEntry } from '../../../src/telemetry/log.ts';

/** All that one gateway did about one request. */
export interface Answered {
  /** 0 where there was none. */
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly entries: readonly LogEntry[];
  readonly events: readonly GatewayEvent[];
}

type RequestEvent = Extract<GatewayEvent, { type: 'request' }>;

/** Whether the fast path answered any of the requests of these events. */
export const usedFastPath = (events: readonly GatewayEvent[]): boolean =>
  events.some(
    (event) => event.type === 'request' && (event as RequestEvent & { usedFastPath?: boolean }).usedFastPath === true,
  );

/** What is the same for both gateways, in a form that shows where it is not. */
export function normalize(answered: Answered) {
  const { status, headers, body, entries, events } = answered;
  return {
    status,
    headers: headers.flatMap(([name, value]) => comparableHeader(name, value, body.length)).toSorted(),
    body: comparableBody(body.toString('latin1')),
    log: entries.map(({ level, message, fields }) => ({ level, message, ...comparableFields(fields) })),
    requests: events.filter(isRequest).map(comparableRequest),
    figures: figuresOf(events),
  };
}

/** Who starts a call, and who rides on it, is chance where several ask at once. */
export const withoutReceipt = ({ status, headers, body }: ReturnType<typeof normalize>) => ({
  status,
  headers,
  body: body.replace(/"receipt":\{[^}]*\}/, '"receipt":{}'),
});

const isRequest = (event: GatewayEvent): event is RequestEvent => event.type === 'request';

function comparableRequest(event: RequestEvent) {
  const { usedFastPath: _, durationMs: __, ...rest } = event as RequestEvent & { usedFastPath?: boolean };
  return rest;
}

/** Of this one answer, or of its connection. */
const OF_ITS_OWN = new Set(['date', 'keep-alive']);
const REQUEST_ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

function comparableHeader(name: string, value: string, length: number): string[] {
  if (OF_ITS_OWN.has(name)) return [];
  // Where callers are limited, a moment makes a second.
  if (name === 'retry-after') return [`${name}: ${/^\d+$/.test(value) ? 'seconds' : value}`];
  if (name === 'content-length') return [`${name}: ${Number(value) === length ? 'right' : value}`];
  return [`${name}: ${name === 'x-request-id' && REQUEST_ID.test(value) ? 'an id' : value}`];
}

/**
 * Byte for byte, but for what is of this one call.
 * @param text each character a byte, so that nothing is lost.
 */
const comparableBody = (text: string): string =>
  text
    .replace(/"waitedMs":[\d.]+/g, '"waitedMs":0')
    .replace(/"logId":"SANDBOX\d+"/g, '"logId":"…"')
    .replace(/"retryAfterMs":\d+/g, '"retryAfterMs":0');

function comparableFields(fields: LogEntry['fields']) {
  const { requestId, durationMs: _, waitedMs, logId: __, ...rest } = fields;
  return {
    ...rest,
    hasId: requestId !== undefined,
    hasWait: waitedMs !== undefined,
  };
}

/** What telemetry counts, added up: the number of events does not matter. */
function figuresOf(events: readonly GatewayEvent[]): Record<string, number> {
  const sums: Record<string, number> = {};
  const add = (name: string, count: number | undefined) => {
    if (count) sums[name] = (sums[name] ?? 0) + count;
  };
  for (const event of events) {
    if (event.type === 'lookups') {
      for (const name of ['cacheHits', 'coalesced', 'queued', 'shed'] as const)
        add(`${event.kind} ${name}`, event[name]);
    } else if (event.type === 'lookup-results') {
      for (const name of ['found', 'notFound', 'stale'] as const) add(`${event.kind} ${name}`, event[name]);
      for (const [code, count] of Object.entries(event.errors)) add(`${event.kind} ${code}`, count);
    } else if (event.type === 'upstream-call') {
      add(`${event.kind} ${event.outcome} calls`, 1);
      add(`${event.kind} sent`, event.identifiers);
    } else if (event.type === 'rows-dropped') {
      add('rows dropped', event.malformed + event.unrequested);
    }
  }
  return Object.fromEntries(Object.entries(sums).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
