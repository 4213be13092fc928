import {
  type Context,
  context,
  createContextKey,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

/** Headers of a request, which may carry a trace context. */
export interface CarriedHeaders {
  get(name: string): string | null;
  keys(): Iterable<string>;
}

/**
 * Spans by OpenTelemetry's API only. Without an SDK, which is the operator's choice, nothing is recorded at next to no cost. No span
 * holds an identifier, a name, a token, or text of a client or of the user API.
 */
export interface Traces {
  /** The active trace context, for a request whose span starts later: the HTTP parser has a context of its own. */
  around(): Context;
  /**
   * Starts the span of a GraphQL request. Its parent is the active span, that of an instrumentation of `http` for example, else the
   * span that its headers name.
   * @param method one of a few fixed values.
   * @param around the trace context in which the request arrived. @default the active one
   */
  beginRequest(method: string, headers: CarriedHeaders, around?: Context): RequestSpan;
  /** Starts the span of a call to the user API: a root span with links to the requests that wait for it, since one call serves many. */
  beginCall(call: {
    readonly kind: string;
    readonly identifiers: number;
    readonly requests: readonly SpanContext[];
  }): CallSpan;
  /** Starts the span of a renewal of the plugin token, which belongs to no request. */
  beginTokenRenewal(): CallSpan;
}

export interface RequestSpan {
  /** For calls to link to; `undefined` if nothing is recorded and the request carried no trace context. */
  readonly context: SpanContext | undefined;
  /** @param summary called only if the span is recorded. */
  end(summary: () => RequestSummary): void;
}

/** A finished request, in figures. */
export interface RequestSummary {
  /** `undefined` if no response was sent. */
  readonly status: number | undefined;
  /** The code of the first error, else `OK`, `CLIENT_DISCONNECTED`, `TERMINATED` or `HTTP_<status>`. */
  readonly outcome: string;
  readonly operation?: string | undefined;
  readonly identifiers?: number | undefined;
  readonly upstreamCalls?: number | undefined;
  readonly identifiersSent?: number | undefined;
  readonly cacheHits?: number | undefined;
  readonly coalesced?: number | undefined;
  readonly stale?: number | undefined;
  readonly waitedMs?: number | undefined;
}

export interface CallSpan {
  /** Headers that carry the trace context to the user API: `traceparent`, with the usual propagator. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Runs the call in its own trace context instead of the first request's. Tracing is suppressed in it: undici's instrumentation
   * would send a second `traceparent`.
   */
  within<T>(call: () => T): T;
  /** Only the first call has an effect. */
  end(summary: CallSummary): void;
}

/** A finished call. */
export interface CallSummary {
  /** `answered`, `renewed`, `cancelled`, or the code of the error. */
  readonly outcome: string;
  /** `err_code` of the user API, if it failed with one. */
  readonly errCode?: number | undefined;
  /** Log id of the call at the user API. */
  readonly logId?: string | undefined;
  /** All requests that waited for it: some joined while it was in flight. */
  readonly requests?: readonly SpanContext[] | undefined;
}

/** The SDK's own key, as its `suppressTracing` sets it; it is not part of the API package. */
const IS_SUPPRESSED = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

export function createTraces(): Traces {
  // A proxy until an SDK is registered, even if that is later.
  const tracer = trace.getTracer('lark-user-gateway');

  return {
    around: () => context.active(),
    beginRequest(method, headers, around = context.active()) {
      const active = trace.getSpan(around) && around;
      const parent = active ?? parentOf(headers);
      const kind = active ? SpanKind.INTERNAL : SpanKind.SERVER;
      const span = tracer.startSpan(`${method} /graphql`, { kind }, parent);
      const spanContext = span.spanContext();
      return {
        context: isSpanContextValid(spanContext) ? spanContext : undefined,
        end(summary) {
          if (span.isRecording()) describeRequest(span, method, summary());
          span.end();
        },
      };
    },
    beginCall({ kind, identifiers, requests }) {
      const links = requests.map((one) => ({ context: one }));
      const attributes = { 'lark_gateway.kind': kind, 'lark_gateway.identifiers': identifiers };
      const options = { kind: SpanKind.CLIENT, root: true, links, attributes };
      return createCallSpan(tracer.startSpan('POST /open_api/user/query', options, ROOT_CONTEXT), requests);
    },
    beginTokenRenewal() {
      const options = { kind: SpanKind.CLIENT, root: true };
      return createCallSpan(tracer.startSpan('POST /open_api/authen/plugin_token', options, ROOT_CONTEXT), []);
    },
  };
}

/** By the registered propagator; the root context without one. */
const parentOf = (headers: CarriedHeaders): Context =>
  propagation.extract(ROOT_CONTEXT, headers, {
    get: (carrier, name) => carrier.get(name) ?? undefined,
    keys: (carrier) => [...carrier.keys()],
  });

function describeRequest(span: Span, method: string, { status, outcome, operation, ...figures }: RequestSummary): void {
  const counts = [
    ['identifiers', figures.identifiers],
    ['upstream_calls', figures.upstreamCalls],
    ['identifiers_sent', figures.identifiersSent],
    ['cache_hits', figures.cacheHits],
    ['coalesced', figures.coalesced],
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
  // OpenTelemetry's HTTP conventions: a client error (4xx) is no error of a server span.
  if (status !== undefined && status >= 500) setError(span, outcome);
}

/** @param linked the requests that the span links to already. */
function createCallSpan(span: Span, linked: readonly SpanContext[]): CallSpan {
  const own = trace.setSpan(ROOT_CONTEXT, span);
  const headers: Record<string, string> = {};
  propagation.inject(own, headers);
  let hasEnded = false;

  return {
    headers,
    within: (call) => context.with(own.setValue(IS_SUPPRESSED, true), call),
    end(summary) {
      if (hasEnded) return;
      hasEnded = true;
      if (span.isRecording()) describeCall(span, linked, summary);
      span.end();
    },
  };
}

function describeCall(
  span: Span,
  linked: readonly SpanContext[],
  { outcome, errCode, logId, requests = [] }: CallSummary,
): void {
  const known = new Set(linked.map(({ spanId }) => spanId));
  for (const request of requests) if (!known.has(request.spanId)) span.addLink({ context: request });
  span.setAttribute('lark_gateway.outcome', outcome);
  if (errCode !== undefined) span.setAttribute('lark_gateway.err_code', errCode);
  if (logId !== undefined) span.setAttribute('lark_gateway.log_id', logId);
  if (/^[A-Z]/.test(outcome)) setError(span, outcome);
}

function setError(span: Span, code: string): void {
  span.setAttribute('error.type', code);
  span.setStatus({ code: SpanStatusCode.ERROR, message: code });
}
