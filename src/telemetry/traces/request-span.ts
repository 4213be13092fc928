import { isSpanContextValid, type Span, type SpanContext, SpanStatusCode } from '@opentelemetry/api';

/** How a request ended, in figures. */
export interface RequestTold {
  /** `undefined` where the answer was not sent, since nobody waited for it. */
  readonly status: number | undefined;
  /** The code of the first error, else `OK`, `HUNG_UP`, `CUT` or `HTTP_<status>`. */
  readonly outcome: string;
  readonly operation?: string | undefined;
  readonly identifiers?: number | undefined;
  readonly upstreamCalls?: number | undefined;
  readonly identifiersSent?: number | undefined;
  readonly cacheHits?: number | undefined;
  readonly joined?: number | undefined;
  readonly stale?: number | undefined;
  readonly waitedMs?: number | undefined;
}

export interface RequestSpan {
  /** For calls to link to; `undefined` where nothing is recorded and the request came with no trace. */
  readonly context: SpanContext | undefined;
  /** @param told asked only where the span is recorded. */
  end(told: () => RequestTold): void;
}

export function createRequestSpan(span: Span, method: string): RequestSpan {
  const spanContext = span.spanContext();
  return {
    context: isSpanContextValid(spanContext) ? spanContext : undefined,
    end(told) {
      if (span.isRecording()) describe(span, method, told());
      span.end();
    },
  };
}

function describe(span: Span, method: string, { status, outcome, operation, ...figures }: RequestTold): void {
  const counts = [
    ['identifiers', figures.identifiers],
    ['upstream_calls', figures.upstreamCalls],
    ['identifiers_sent', figures.identifiersSent],
    ['cache_hits', figures.cacheHits],
    ['joined', figures.joined],
    ['stale', figures.stale],
    ['waited_ms', figures.waitedMs],
  ] as const;
  span.setAttributes({
    'http.request.method': method === 'other' ? '_OTHER' : method,
    'http.route': '/graphql',
    ...(status !== undefined && { 'http.response.status_code': status }),
    'lark_gateway.outcome': outcome,
    ...(operation !== undefined && { 'graphql.operation.type': operation }),
  });
  for (const [name, count] of counts) if (count !== undefined) span.setAttribute(`lark_gateway.${name}`, count);
  // As OpenTelemetry wants it of servers: what a client did wrong is no error of theirs.
  if (status === undefined || status < 500) return;
  span.setAttribute('error.type', outcome);
  span.setStatus({ code: SpanStatusCode.ERROR, message: outcome });
}
