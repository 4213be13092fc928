import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import { type CallSpan, createCallSpan } from './traces/call-span.ts';
import { createRequestSpan, type RequestSpan } from './traces/request-span.ts';

/** Headers that may tell where a request belongs. */
export interface CarriedHeaders {
  get(name: string): string | null;
  keys(): Iterable<string>;
}

/**
 * Spans for OpenTelemetry, by its API only. Without an SDK, which is the user's to load, nothing is recorded and next to nothing
 * done. No span ever holds an identifier, a name, a token, or text of a client or of the user API.
 */
export interface Traces {
  /** What is active where this is called, for a request whose span begins elsewhere: the parser has a context of its own. */
  around(): Context;
  /**
   * Begins the span of a GraphQL request: a child of the span that is active, be it of an instrumentation of `http`; else of the
   * one that its headers name.
   * @param method one of a few fixed values.
   * @param around what was active when it came. @default what is active now
   */
  beginRequest(method: string, headers: CarriedHeaders, around?: Context): RequestSpan;
  /**
   * Begins the span of a call to the user API, with links to the requests that wait for it. It has no parent: one call
   * answers many requests.
   */
  beginCall(call: {
    readonly kind: string;
    readonly identifiers: number;
    readonly requests: readonly SpanContext[];
  }): CallSpan;
  /** Begins the span of a renewal of the plugin's token, which is on nobody's behalf. */
  beginTokenRenewal(): CallSpan;
}

export function createTraces(): Traces {
  // A stand-in until an SDK is there, be it later.
  const tracer = trace.getTracer('lark-user-gateway');

  return {
    around: () => context.active(),
    beginRequest(method, headers, around = context.active()) {
      const active = trace.getSpan(around) && around;
      const parent = active ?? parentOf(headers);
      const kind = active ? SpanKind.INTERNAL : SpanKind.SERVER;
      return createRequestSpan(tracer.startSpan(`${method} /graphql`, { kind }, parent), method);
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

/** By the propagator that is registered; nothing where there is none. */
const parentOf = (headers: CarriedHeaders): Context =>
  propagation.extract(ROOT_CONTEXT, headers, {
    get: (carrier, name) => carrier.get(name) ?? undefined,
    keys: (carrier) => [...carrier.keys()],
  });
