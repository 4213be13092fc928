import { randomUUID } from 'node:crypto';
import type { Context } from '@opentelemetry/api';
import { addReceipts, type Receipt } from '../directory/receipt.ts';
import type { EventOf, Telemetry } from '../telemetry/events.ts';
import { createFaultLog, type Log, type LogFields } from '../telemetry/log.ts';
import type { RequestSpan, RequestSummary, Traces } from '../telemetry/tracing.ts';
import { isFault, originOf } from './masking.ts';
import type { AskedHeaders } from './request-headers.ts';

export type Endpoint = EventOf<'request'>['endpoint'];

/** A request in flight, until its line is written. */
export interface RequestRecord {
  readonly requestId: string;
  readonly traceId: string | undefined;
  readonly endpoint: Endpoint;
  readonly startedAt: number;
  /** Of GraphQL requests only. */
  readonly span: RequestSpan | undefined;
  /** Errors of the response by code, in the order in which the codes first occurred. */
  readonly errors: Record<string, number>;
  /** The type only: the client chooses the name, which may be personal data. */
  operation?: LogFields['operation'];
  /** How many its operations name. */
  identifiers?: number;
  /** One for each operation that was executed. */
  readonly receipts: Receipt[];
}

export interface RequestLogOptions {
  log: Log;
  telemetry: Telemetry;
  traces: Traces;
  /** Milliseconds on a monotonic clock. */
  clock(): number;
}

/** A request as it starts. */
export interface RequestStart {
  readonly endpoint: Endpoint;
  readonly method: string | undefined;
  readonly headers: AskedHeaders;
  /** When it arrived, on the clock of the log. @default now */
  readonly startedAt?: number | undefined;
  /** The trace context in which it arrived. @default the active one */
  readonly around?: Context | undefined;
}

/** A request whose response is ready, or whose client has disconnected. */
export interface RequestEnd {
  readonly endpoint: Endpoint;
  readonly method: string | undefined;
  /** `undefined` if no response is sent, because the client has disconnected or the request was terminated. */
  readonly status: number | undefined;
  /** Name of the caller, if known. */
  readonly caller: string | undefined;
  /** True if the fast path answered. */
  readonly usedFastPath: boolean;
}

/**
 * One line for each request, one telemetry event, and the end of its span. Neither path, query, headers nor body are logged. Health,
 * readiness and metrics are logged at debug level.
 */
export interface RequestLog {
  /** The active trace context, for a request that begins later. */
  around(): Context;
  /** Records the arrival of a request and starts its span. */
  begin(request: RequestStart): RequestRecord;
  /** Writes the line. @param record `undefined` if the beginning was not recorded. */
  end(request: RequestEnd, record: RequestRecord | undefined): void;
  /** Logs an error if it is an internal one, with the id of its request if known. */
  logFault(error: unknown, record?: RequestRecord): void;
  /** From now on, requests without a response count as `TERMINATED`: the gateway closes their connections. */
  beginTermination(): void;
  /** Writes a line if requests were terminated. */
  reportTerminated(): void;
  /** Writes the line of a request that is rejected before Yoga. */
  logRefusal(refusal: { readonly method: string | undefined; readonly status: number; readonly code: string }): void;
}

export function createRequestLog({ log, telemetry, traces, clock }: RequestLogOptions): RequestLog {
  const logFault = createFaultLog(log, clock);
  let isTerminating = false;
  let requestsTerminated = 0;

  return {
    around: traces.around,
    begin({ endpoint, method, headers, startedAt = clock(), around }) {
      const span = endpoint === 'graphql' ? traces.beginRequest(methodOf(method), headers, around) : undefined;
      return {
        requestId: randomUUID(),
        traceId: span?.context?.traceId ?? traceIdOf(headers.get('traceparent')),
        endpoint,
        span,
        startedAt,
        errors: {},
        receipts: [],
      };
    },
    end({ endpoint, method, status, caller, usedFastPath }, record) {
      const durationMs = record && clock() - record.startedAt;
      const outcome = status === undefined ? outcomeWithoutResponse() : outcomeOf(status, record);
      if (outcome === 'TERMINATED') requestsTerminated++;
      const summarise = () => summaryOf(status, outcome, record);
      log(PROBES.has(endpoint) ? 'debug' : 'info', 'request', () => {
        // Includes repeated calls: only spans show that.
        const { identifiersSent: _, ...figures } = summarise();
        // Without a response, errors would only list the lookups that the disconnect has cancelled.
        const errors =
          record && status !== undefined && Object.keys(record.errors).length > 0 ? record.errors : undefined;
        const { requestId, traceId } = record ?? {};
        return { ...figures, requestId, traceId, endpoint, method: methodOf(method), durationMs, errors, caller };
      });
      record?.span?.end(summarise);
      telemetry({ type: 'request', endpoint, status, outcome, durationMs, usedFastPath });
    },
    beginTermination() {
      isTerminating = true;
    },
    reportTerminated() {
      if (requestsTerminated > 0)
        log('warn', 'Requests in flight were terminated at shutdown.', { requestsTerminated });
    },
    logFault(error, record) {
      if (isFault(error)) logFault(originOf(error), record);
    },
    logRefusal({ method, status, code }) {
      const errors = { [code]: 1 };
      log('info', 'request', { endpoint: 'other', method: methodOf(method), status, outcome: code, errors });
      telemetry({ type: 'request', endpoint: 'other', status, outcome: code });
    },
  };

  function outcomeWithoutResponse(): string {
    return isTerminating ? 'TERMINATED' : 'CLIENT_DISCONNECTED';
  }
}

/** Requested by programs, every few seconds. */
const PROBES: ReadonlySet<string> = new Set(['health', 'readiness', 'metrics']);

/** The code of the first error, else by status. */
function outcomeOf(status: number, record: RequestRecord | undefined): string {
  for (const code in record?.errors) return code;
  return status < 400 ? 'OK' : `HTTP_${status}`;
}

function summaryOf(status: number | undefined, outcome: string, record: RequestRecord | undefined): RequestSummary {
  const { operation, identifiers, receipts = [] } = record ?? {};
  if (receipts.length === 0) return { status, outcome, operation, identifiers };
  const { joined: coalesced, ...receipt } = addReceipts(receipts);
  return { status, outcome, operation, identifiers, ...receipt, coalesced };
}

/** Adds the errors of a response. Yoga's own errors about HTTP often have no code. */
export function addErrors(
  counts: RequestRecord['errors'],
  errors: readonly { readonly extensions: Readonly<Record<string, unknown>> }[],
): void {
  for (const { extensions } of errors) {
    const code = typeof extensions.code === 'string' ? extensions.code : 'WITHOUT_CODE';
    counts[code] = (counts[code] ?? 0) + 1;
  }
}

const ENDPOINTS: Readonly<Partial<Record<string, Endpoint>>> = {
  '/graphql': 'graphql',
  '/graphql/': 'graphql',
  '/forget': 'forget',
  '/health': 'health',
  '/readiness': 'readiness',
  '/metrics': 'metrics',
};

/** Any other path is the client's own text, and is not logged. */
export const endpointOf = (path: string): Endpoint => ENDPOINTS[path] ?? 'other';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

const methodOf = (method: string | undefined): string => (method && METHODS.has(method) ? method : 'other');

/** W3C Trace Context: version, trace id, parent id, flags. Only versions after 00 may have more fields. */
const TRACE_PARENT = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(-[\w.-]*)?$/;

/** The trace id of a valid `traceparent` header. */
export function traceIdOf(header: string | null): string | undefined {
  const [, version, traceId, more] = TRACE_PARENT.exec(header ?? '') ?? [];
  return version === '00' && more !== undefined ? undefined : traceId;
}
