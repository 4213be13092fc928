import {
  context,
  createContextKey,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

/** How a call ended. */
export interface CallTold {
  /** `answered`, `renewed`, `cancelled`, or the code of the error. */
  readonly outcome: string;
  /** `err_code` of the user API, where it failed with one. */
  readonly errCode?: number | undefined;
  /** Id of the call in the log of the user API. */
  readonly logId?: string | undefined;
  /** Those who have waited for it, at the end: some came while it was under way. */
  readonly requests?: readonly SpanContext[] | undefined;
}

export interface CallSpan {
  /** Headers that tell the user API where its call belongs: `traceparent`, with the usual propagator. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Runs what makes the call, apart from the context of whichever request came first. Instrumentations see nothing in it: that of
   * undici would send a second `traceparent`.
   */
  within<T>(call: () => T): T;
  /** Only the first time counts. */
  end(told: CallTold): void;
}

/** The SDK's own key, as its `suppressTracing` sets it; that is no part of the API. */
const IS_SUPPRESSED = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/** @param linked the requests that the span links to already. */
export function createCallSpan(span: Span, linked: readonly SpanContext[]): CallSpan {
  const own = trace.setSpan(ROOT_CONTEXT, span);
  const headers: Record<string, string> = {};
  propagation.inject(own, headers);
  let hasEnded = false;

  return {
    headers,
    within: (call) => context.with(own.setValue(IS_SUPPRESSED, true), call),
    end(told) {
      if (hasEnded) return;
      hasEnded = true;
      if (span.isRecording()) describe(span, linked, told);
      span.end();
    },
  };
}

function describe(span: Span, linked: readonly SpanContext[], { outcome, errCode, logId, requests = [] }: CallTold) {
  const known = new Set(linked.map(({ spanId }) => spanId));
  for (const request of requests) if (!known.has(request.spanId)) span.addLink({ context: request });
  span.setAttribute('lark_gateway.outcome', outcome);
  if (errCode !== undefined) span.setAttribute('lark_gateway.err_code', errCode);
  if (logId !== undefined) span.setAttribute('lark_gateway.log_id', logId);
  if (!/^[A-Z]/.test(outcome)) return;
  span.setAttribute('error.type', outcome);
  span.setStatus({ code: SpanStatusCode.ERROR, message: outcome });
}
