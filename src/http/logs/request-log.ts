import { randomUUID } from 'node:crypto';
import type { Context } from '@opentelemetry/api';
import { addReceipts } from '../../directory/receipt.ts';
import type { Telemetry } from '../../telemetry/events.ts';
import { createFaultLog } from '../../telemetry/fault-log.ts';
import type { Log } from '../../telemetry/log.ts';
import type { RequestTold } from '../../telemetry/traces/request-span.ts';
import type { Traces } from '../../telemetry/traces.ts';
import { isFault, originOf } from '../masking.ts';
import type { AskedHeaders } from '../request-headers.ts';
import { type Endpoint, methodOf, type RequestNote } from './request-note.ts';
import { traceIdOf } from './trace-parent.ts';

export interface RequestLogOptions {
  log: Log;
  /** Learns of each request. */
  telemetry: Telemetry;
  traces: Traces;
  /** Milliseconds on a clock that never jumps. */
  clock(): number;
}

/** A request as it begins. */
export interface BegunRequest {
  readonly endpoint: Endpoint;
  readonly method: string | undefined;
  readonly headers: AskedHeaders;
  /** When it came, on the clock of the log. @default now */
  readonly startedAt?: number | undefined;
  /** What was active around it then, for its span. @default what is active now */
  readonly around?: Context | undefined;
}

/** A request whose answer is ready, or that nobody waits for any more. */
export interface EndedRequest {
  readonly endpoint: Endpoint;
  readonly method: string | undefined;
  /** `undefined` where nobody waits for the answer any more: it is not sent. */
  readonly status: number | undefined;
  /** Name of its caller, where that is known. */
  readonly caller: string | undefined;
  /** True where the fast path has answered. */
  readonly usedFastPath: boolean;
}

/**
 * One line for each request. Neither path, query, header nor body is told; health, readiness and metrics at debug level only. Tells
 * telemetry of it, and ends its span.
 */
export interface RequestLog {
  /** What is active around a request that is to begin later. */
  around(): Context;
  /** To be called when a request has come: takes the time, and begins its span. */
  begin(request: BegunRequest): RequestNote;
  /** Writes its line. @param note `undefined` where its beginning was not noticed. */
  end(request: EndedRequest, note: RequestNote | undefined): void;
  /** Writes down an error that is a fault of the gateway, with the id of its request where that is known. */
  logFault(error: unknown, note?: RequestNote): void;
  /** From here on requests that nobody can be answered any more are told as cut: the gateway closes their connections itself. */
  beginCut(): void;
  /** Writes a line where requests have been cut. */
  tellCut(): void;
  /** Writes the line of a request that is refused before it gets to Yoga. */
  logRefusal(refusal: { readonly method: string | undefined; readonly status: number; readonly code: string }): void;
}

export function createRequestLog({ log, telemetry, traces, clock }: RequestLogOptions): RequestLog {
  const logFault = createFaultLog(log, clock);
  let isCutting = false;
  let requestsCut = 0;

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
    end({ endpoint, method, status, caller, usedFastPath }, note) {
      const durationMs = note && clock() - note.startedAt;
      const outcome = status === undefined ? unanswered() : outcomeOf(status, note);
      if (outcome === 'CUT') requestsCut++;
      const told = (): RequestTold => ({
        status,
        outcome,
        operation: note?.operation,
        identifiers: note?.identifiers,
        ...(note?.receipts[0] && addReceipts(note.receipts)),
      });
      log(ASKED_OFTEN.has(endpoint) ? 'debug' : 'info', 'request', () => {
        // Queued again where a call had to be repeated: that is for traces.
        const { identifiersSent: _, ...figures } = told();
        // Of an answer that is not sent they would tell of what the hang-up itself has ended.
        const errors = note && status !== undefined && Object.keys(note.errors).length > 0 ? note.errors : undefined;
        const { requestId, traceId } = note ?? {};
        return { ...figures, requestId, traceId, endpoint, method: methodOf(method), durationMs, errors, caller };
      });
      note?.span?.end(told);
      telemetry({ type: 'request', endpoint, status, outcome, durationMs, usedFastPath });
    },
    beginCut() {
      isCutting = true;
    },
    tellCut() {
      if (requestsCut > 0) log('warn', 'Stopping took too long for some requests: they were cut.', { requestsCut });
    },
    logFault(error, note) {
      if (isFault(error)) logFault(originOf(error), note);
    },
    logRefusal({ method, status, code }) {
      log('info', 'request', {
        endpoint: 'other',
        method: methodOf(method),
        status,
        outcome: code,
        errors: { [code]: 1 },
      });
      telemetry({ type: 'request', endpoint: 'other', status, outcome: code });
    },
  };

  function unanswered(): string {
    return isCutting ? 'CUT' : 'HUNG_UP';
  }
}

/** By programs, every few seconds. */
const ASKED_OFTEN: ReadonlySet<string> = new Set(['health', 'readiness', 'metrics']);

/** The code of the first error, else what the status tells. */
function outcomeOf(status: number, note: RequestNote | undefined): string {
  for (const code in note?.errors) return code;
  return status < 400 ? 'OK' : `HTTP_${status}`;
}
