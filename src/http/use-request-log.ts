import type { SpanContext } from '@opentelemetry/api';
import { getOperationAST } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { SchemaContext } from '../schema/builder.ts';
import type { Arrivals, Caller } from './callers/caller.ts';
import { RefusalResponse } from './refusal.ts';
import { addErrors, endpointOf, type RequestLog, type RequestRecord } from './request-log.ts';

/** The request log for Yoga, which identifies a request by its object only. */
export interface YogaRequestLog {
  /** Writes the line of each request when its response is ready, and sets the response's `x-request-id`. */
  plugin: Plugin<SchemaContext>;
  /** The span of a request, for calls to link to. */
  spanOf(request: Request): SpanContext | undefined;
  /** Logs an error if it is an internal one, with the id of its request if known. */
  logFault(error: unknown): void;
  /** Counts the identifiers of an operation. A batched request has several operations. */
  recordIdentifiers(request: Request, count: number): void;
}

/**
 * @param findCaller the caller of a request; `undefined` if unknown.
 * @param arrivals when a request arrived, if that was before Yoga received it.
 */
export function useRequestLog(
  requestLog: RequestLog,
  findCaller: (request: Request) => Caller | undefined,
  arrivals: Pick<Arrivals, 'find'>,
): YogaRequestLog {
  const records = new WeakMap<Request, RequestRecord>();
  const recordsOfErrors = new WeakMap<object, RequestRecord>();

  return {
    plugin: {
      onRequest({ request, url, serverContext }) {
        const { method, headers } = request;
        const { startedAt, around } = arrivals.find(serverContext) ?? {};
        const endpoint = endpointOf(url.pathname);
        records.set(request, requestLog.begin({ endpoint, method, headers, startedAt, around }));
      },
      onExecute({ args: { document, operationName, contextValue } }) {
        const record = records.get(contextValue.request);
        if (!record) return undefined;
        record.operation = getOperationAST(document, operationName)?.operation;
        record.receipts.push(contextValue.receipt);
        return {
          // Not yet masked here.
          onExecuteDone({ result }) {
            if ('errors' in result) for (const error of result.errors ?? []) recordsOfErrors.set(error, record);
          },
        };
      },
      onResultProcess({ request, result }) {
        const record = records.get(request);
        if (!record) return;
        for (const one of Array.isArray(result) ? result : [result]) {
          if ('errors' in one) addErrors(record.errors, one.errors ?? []);
        }
      },
      onResponse({ request, response }) {
        const record = records.get(request);
        if (record && response instanceof RefusalResponse) addErrors(record.errors, [response.refusal]);
        if (record) response.headers.set('x-request-id', record.requestId);
        const ended = {
          // Yoga answers a preflight before any plugin's onRequest.
          endpoint: record?.endpoint ?? endpointOf(new URL(request.url).pathname),
          method: request.method,
          status: request.signal.aborted ? undefined : response.status,
          caller: findCaller(request)?.name,
          usedFastPath: false,
        };
        requestLog.end(ended, record);
      },
    },
    spanOf: (request) => records.get(request)?.span?.context,
    logFault(error) {
      const record = typeof error === 'object' && error !== null ? recordsOfErrors.get(error) : undefined;
      requestLog.logFault(error, record);
    },
    recordIdentifiers(request, count) {
      const record = records.get(request);
      if (record) record.identifiers = (record.identifiers ?? 0) + count;
    },
  };
}
