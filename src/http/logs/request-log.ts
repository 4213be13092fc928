import { randomUUID } from 'node:crypto';
import type { SpanContext } from '@opentelemetry/api';
import { getOperationAST } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { addReceipts } from '../../directory/receipt.ts';
import type { SchemaContext } from '../../schema/builder.ts';
import type { Telemetry } from '../../telemetry/events.ts';
import { createFaultLog } from '../../telemetry/fault-log.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Traces } from '../../telemetry/traces.ts';
import type { Caller } from '../callers/caller.ts';
import { isFault, originOf } from '../masking.ts';
import { RefusalResponse } from '../refusal.ts';
import { addErrors, endpointOf, methodOf, type RequestNote } from './request-note.ts';
import { traceIdOf } from './trace-parent.ts';

export interface RequestLogOptions {
  log: Log;
  /** Learns of each request. */
  telemetry: Telemetry;
  traces: Traces;
  /** Milliseconds on a clock that never jumps. */
  clock(): number;
  /** Who sent a request; `undefined` where that is not known. */
  findCaller(request: Request): Caller | undefined;
}

export interface RequestLog {
  /**
   * Writes one line for each request when its answer is ready, and gives the answer an `x-request-id` that leads to its lines.
   * Neither path, query, header nor body is told; health, readiness and metrics at debug level only. Tells telemetry of it, and ends
   * its span.
   */
  plugin: Plugin<SchemaContext>;
  /** Where a request stands in a trace, for calls to link to. */
  spanOf(request: Request): SpanContext | undefined;
  /** Writes down an error that is a fault of the gateway, with the id of its request where that is known. */
  logFault(error: unknown): void;
  /** To be called for each operation of a request, when it is known how many identifiers it names. */
  noteIdentifiers(request: Request, count: number): void;
  /** Writes the line of a request that is refused before it gets to Yoga. */
  logRefusal(refusal: { readonly method: string | undefined; readonly status: number; readonly code: string }): void;
}

export function createRequestLog({ log, telemetry, traces, clock, findCaller }: RequestLogOptions): RequestLog {
  const notes = new WeakMap<Request, RequestNote>();
  const notesOfErrors = new WeakMap<object, RequestNote>();
  const logFault = createFaultLog(log, clock);

  return {
    plugin: {
      onRequest({ request, url }) {
        const endpoint = endpointOf(url.pathname);
        const span =
          endpoint === 'graphql' ? traces.beginRequest(methodOf(request.method), request.headers) : undefined;
        notes.set(request, {
          requestId: randomUUID(),
          traceId: span?.context?.traceId ?? traceIdOf(request.headers.get('traceparent')),
          endpoint,
          span,
          startedAt: clock(),
          errors: {},
          receipts: [],
        });
      },
      onExecute({ args: { document, operationName, contextValue } }) {
        const note = notes.get(contextValue.request);
        if (!note) return undefined;
        note.operation = getOperationAST(document, operationName)?.operation;
        note.receipts.push(contextValue.receipt);
        return {
          // Not yet masked here.
          onExecuteDone({ result }) {
            if ('errors' in result) for (const error of result.errors ?? []) notesOfErrors.set(error, note);
          },
        };
      },
      onResultProcess({ request, result }) {
        const note = notes.get(request);
        if (!note) return;
        for (const one of Array.isArray(result) ? result : [result]) {
          if ('errors' in one) addErrors(note.errors, one.errors ?? []);
        }
      },
      onResponse({ request, response }) {
        const note = notes.get(request);
        // Yoga answers a preflight before any plugin is asked.
        const endpoint = note?.endpoint ?? endpointOf(new URL(request.url).pathname);
        if (note && response instanceof RefusalResponse) addErrors(note.errors, [response.refusal]);
        if (note) response.headers.set('x-request-id', note.requestId);
        const { status } = response;
        const durationMs = note && clock() - note.startedAt;
        const outcome = request.signal.aborted ? 'HUNG_UP' : outcomeOf(status, note);
        const told = { status, outcome, operation: note?.operation, identifiers: note?.identifiers };
        const { identifiersSent, ...receipt } = note?.receipts[0] ? addReceipts(note.receipts) : {};
        log(ASKED_OFTEN.has(endpoint) ? 'debug' : 'info', 'request', {
          ...told,
          ...receipt,
          requestId: note?.requestId,
          traceId: note?.traceId,
          endpoint,
          method: methodOf(request.method),
          durationMs,
          errors: note && Object.keys(note.errors).length > 0 ? note.errors : undefined,
          caller: findCaller(request)?.name,
        });
        note?.span?.end({ ...told, ...receipt, identifiersSent });
        telemetry({ type: 'request', endpoint, status, outcome, durationMs });
      },
    },
    spanOf: (request) => notes.get(request)?.span?.context,
    logFault(error) {
      const note = typeof error === 'object' && error !== null ? notesOfErrors.get(error) : undefined;
      if (isFault(error)) logFault(originOf(error), note);
    },
    noteIdentifiers(request, count) {
      const note = notes.get(request);
      if (note) note.identifiers = (note.identifiers ?? 0) + count;
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
}

/** By programs, every few seconds. */
const ASKED_OFTEN: ReadonlySet<string> = new Set(['health', 'readiness', 'metrics']);

/** The code of the first error, else what the status tells. */
const outcomeOf = (status: number, note: RequestNote | undefined) =>
  Object.keys(note?.errors ?? {})[0] ?? (status < 400 ? 'OK' : `HTTP_${status}`);
