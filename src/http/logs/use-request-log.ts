import type { SpanContext } from '@opentelemetry/api';
import { getOperationAST } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { SchemaContext } from '../../schema/builder.ts';
import type { Arrivals, Caller } from '../callers/caller.ts';
import { RefusalResponse } from '../refusal.ts';
import type { RequestLog } from './request-log.ts';
import { addErrors, endpointOf, type RequestNote } from './request-note.ts';

/** The request log for Yoga, which knows a request by its object only. */
export interface YogaRequestLog {
  /** Writes the line of each request when its answer is ready, and gives the answer an `x-request-id` that leads to its lines. */
  plugin: Plugin<SchemaContext>;
  /** Where a request stands in a trace, for calls to link to. */
  spanOf(request: Request): SpanContext | undefined;
  /** Writes down an error that is a fault of the gateway, with the id of its request where that is known. */
  logFault(error: unknown): void;
  /** To be called for each operation of a request, when it is known how many identifiers it names. */
  noteIdentifiers(request: Request, count: number): void;
}

/**
 * @param findCaller who sent a request; `undefined` where that is not known.
 * @param arrivals when a request came, where that was before Yoga got it.
 */
export function useRequestLog(
  requestLog: RequestLog,
  findCaller: (request: Request) => Caller | undefined,
  arrivals: Pick<Arrivals, 'find'>,
): YogaRequestLog {
  const notes = new WeakMap<Request, RequestNote>();
  const notesOfErrors = new WeakMap<object, RequestNote>();

  return {
    plugin: {
      onRequest({ request, url, serverContext }) {
        const { method, headers } = request;
        const { startedAt, around } = arrivals.find(serverContext) ?? {};
        const endpoint = endpointOf(url.pathname);
        notes.set(request, requestLog.begin({ endpoint, method, headers, startedAt, around }));
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
        if (note && response instanceof RefusalResponse) addErrors(note.errors, [response.refusal]);
        if (note) response.headers.set('x-request-id', note.requestId);
        const ended = {
          // Yoga answers a preflight before any plugin is asked.
          endpoint: note?.endpoint ?? endpointOf(new URL(request.url).pathname),
          method: request.method,
          status: request.signal.aborted ? undefined : response.status,
          caller: findCaller(request)?.name,
          usedFastPath: false,
        };
        requestLog.end(ended, note);
      },
    },
    spanOf: (request) => notes.get(request)?.span?.context,
    logFault(error) {
      const note = typeof error === 'object' && error !== null ? notesOfErrors.get(error) : undefined;
      requestLog.logFault(error, note);
    },
    noteIdentifiers(request, count) {
      const note = notes.get(request);
      if (note) note.identifiers = (note.identifiers ?? 0) + count;
    },
  };
}
