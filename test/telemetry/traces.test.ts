import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { apiKeyOf, bearer } from '../support/callers.ts';
import { askForFullBatch } from '../support/full-batch.ts';
import { gatewayWithSandbox, post } from '../support/gateway-with-sandbox.ts';
import { keptLog } from '../support/kept-log.ts';
import { CALL, RENEWAL, recordedSpans } from '../support/recorded-spans.ts';
import { answerQueries, errorReply } from '../support/wire-replies.ts';

const ZHANG_SAN = '7000000000000000001';
const REQUEST = 'POST /graphql';
const QUERY = { query: `query Named { user(key: "${ZHANG_SAN}") { key } }` };
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const traced = { traceparent: `00-${TRACE}-${PARENT}-01` };

describe('a call to the user API', () => {
  it('for 100 lookups of 20 requests is one span, with a link to each request', async () => {
    const spans = recordedSpans();
    const traceIdOf = (n: number) => String(n + 1).padStart(32, '0');
    const { ask } = await askForFullBatch({}, (n) => ({ traceparent: `00-${traceIdOf(n)}-${PARENT}-01` }));
    const before = spans.named(CALL).length;
    await ask();
    const [call, ...others] = spans.named(CALL).slice(before);
    expect(others).toEqual([]);
    expect(call?.attributes).toMatchObject({
      'lark_gateway.kind': 'key',
      'lark_gateway.identifiers': 100,
      'lark_gateway.outcome': 'answered',
      'lark_gateway.log_id': expect.stringMatching(/^SANDBOX/),
    });
    const linked = call?.links.map((link) => link.context.spanId) ?? [];
    const requests = spans.named(REQUEST).filter(({ parentSpanContext }) => parentSpanContext?.spanId === PARENT);
    expect(requests).toHaveLength(20);
    expect(linked.toSorted()).toEqual(requests.map((span) => span.spanContext().spanId).toSorted());
    expect(call?.links.map((link) => link.context.traceId).toSorted()).toEqual(
      Array.from({ length: 20 }, (_, n) => traceIdOf(n)),
    );
  });

  it('is in a trace of its own, which it propagates to the user API', async () => {
    const spans = recordedSpans();
    const { gateway, sandbox } = await gatewayWithSandbox();
    await post(gateway, QUERY, { ...traced, tracestate: 'kanarie=1', baggage: 'kanarie=1' });
    const [call] = spans.named(CALL);
    const { traceId, spanId } = call?.spanContext() ?? {};
    expect(call).toMatchObject({ kind: SpanKind.CLIENT, parentSpanContext: undefined });
    expect(traceId).not.toBe(TRACE);
    const received = sandbox.calls().filter((one) => one.interface === 'user_query');
    expect(received.map(({ traceParent }) => traceParent)).toEqual([`00-${traceId}-${spanId}-01`]);
  });

  it('is also linked to a request that joins it in flight', async () => {
    const spans = recordedSpans();
    const { gateway, sandbox, events } = await gatewayWithSandbox();
    await gateway.whenReady;
    sandbox.faults.start({ name: 'latency', ms: 500 });
    const first = post(gateway, QUERY);
    await expect.poll(() => sandbox.calls().filter((one) => one.interface === 'user_query')).toHaveLength(1);
    const second = post(gateway, QUERY);
    await expect.poll(() => events.some((event) => event.type === 'lookups' && event.coalesced === 1)).toBe(true);
    await Promise.all([first, second]);
    expect(spans.named(CALL).map(({ links }) => links.length)).toEqual([2]);
  });

  it('that fails is a span with error code and err_code for each attempt', async () => {
    const spans = recordedSpans();
    const harness = await gatewayWithSandbox({ gateway: { retry: { baseMs: 1 } } });
    answerQueries(harness, () => errorReply(500, 50006));
    await post(harness.gateway, QUERY);
    expect(spans.named(CALL)).toHaveLength(3);
    for (const { status, attributes } of spans.named(CALL)) {
      expect(status).toEqual({ code: SpanStatusCode.ERROR, message: 'UPSTREAM_UNAVAILABLE' });
      expect(attributes).toMatchObject({
        'lark_gateway.outcome': 'UPSTREAM_UNAVAILABLE',
        'lark_gateway.err_code': 50006,
        'lark_gateway.log_id': expect.stringMatching(/^SANDBOX/),
        'error.type': 'UPSTREAM_UNAVAILABLE',
      });
    }
  });

  it('is hidden from instrumentations, which would send a second traceparent', async () => {
    recordedSpans();
    const seen: boolean[] = [];
    const look = () => void seen.push(isTracingSuppressed(context.active()));
    subscribe('undici:request:create', look);
    onTestFinished(() => void unsubscribe('undici:request:create', look));
    const { gateway } = await gatewayWithSandbox();
    await post(gateway, QUERY);
    expect(seen).toEqual([true, true]);
  });
});

it('a renewal of the token is a span of its own', async () => {
  const spans = recordedSpans();
  const { gateway, sandbox } = await gatewayWithSandbox();
  await gateway.whenReady;
  const [renewal] = spans.named(RENEWAL);
  const { traceId, spanId } = renewal?.spanContext() ?? {};
  expect(renewal?.attributes).toEqual({ 'lark_gateway.outcome': 'renewed' });
  expect(sandbox.calls()[0]?.traceParent).toBe(`00-${traceId}-${spanId}-01`);
});

describe('a GraphQL request', () => {
  it('is a span in the trace of its traceparent, with the figures of its receipt', async () => {
    const spans = recordedSpans();
    const { gateway } = await gatewayWithSandbox();
    await post(gateway, { query: `query Named { users(keys: ["${ZHANG_SAN}", "1"]) { key } }` }, traced);
    const [request] = spans.named(REQUEST);
    expect(request?.kind).toBe(SpanKind.SERVER);
    expect(request?.spanContext().traceId).toBe(TRACE);
    expect(request?.parentSpanContext?.spanId).toBe(PARENT);
    expect(request?.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/graphql',
      'http.response.status_code': 200,
      'graphql.operation.type': 'query',
      'lark_gateway.outcome': 'OK',
      'lark_gateway.identifiers': 2,
      'lark_gateway.identifiers_sent': 2,
      'lark_gateway.upstream_calls': 1,
      'lark_gateway.cache_hits': 0,
      'lark_gateway.coalesced': 0,
      'lark_gateway.stale': 0,
      'lark_gateway.waited_ms': expect.any(Number),
    });
  });

  it('is a child of the active span of an instrumentation or a program', async () => {
    const spans = recordedSpans();
    const { gateway } = await gatewayWithSandbox();
    const outer = trace.getTracer('test').startSpan('outer');
    await context.with(trace.setSpan(context.active(), outer), () => post(gateway, QUERY, traced));
    const [request] = spans.named(REQUEST);
    expect(request?.parentSpanContext?.spanId).toBe(outer.spanContext().spanId);
    expect(request?.kind).toBe(SpanKind.INTERNAL);
    expect(spans.named(CALL)[0]?.parentSpanContext).toBeUndefined();
  });

  it('with a client error is no error span, and health checks have no spans', async () => {
    const spans = recordedSpans();
    const { gateway } = await gatewayWithSandbox({ gateway: { auth: { kind: 'api-key', keys: [apiKeyOf('k')] } } });
    await post(gateway, QUERY);
    await gateway.fetch(new Request('http://gateway.test/health'));
    await gateway.whenReady;
    const [request, ...others] = spans.all().filter(({ name }) => name !== RENEWAL);
    expect(others).toEqual([]);
    expect(request?.status.code).toBe(SpanStatusCode.UNSET);
    expect(request?.attributes).toMatchObject({
      'http.response.status_code': 401,
      'lark_gateway.outcome': 'UNAUTHENTICATED',
    });
  });

  it('has the trace id of its span in the log, with and without a traceparent', async () => {
    const spans = recordedSpans();
    const { log, lines } = keptLog('info');
    const { gateway } = await gatewayWithSandbox({ gateway: { log } });
    await post(gateway, QUERY, traced);
    await post(gateway, QUERY);
    const ids = spans.named(REQUEST).map((span) => span.spanContext().traceId);
    expect(lines('request').map(({ fields }) => fields.traceId)).toEqual(ids);
    expect(ids[0]).toBe(TRACE);
    expect(ids[1]).toMatch(/^(?!0af)[\da-f]{32}$/);
  });
});

it('without an SDK no header is sent to the user API, and the log has the trace id of the traceparent', async () => {
  const { log, lines } = keptLog('info');
  const { gateway, sandbox } = await gatewayWithSandbox({
    gateway: { log, auth: { kind: 'api-key', keys: [apiKeyOf('k')] } },
  });
  await post(gateway, QUERY, { ...traced, ...bearer('k') });
  expect(lines('request')[0]?.fields.traceId).toBe(TRACE);
  expect(sandbox.calls().map((call) => 'traceParent' in call)).toEqual([false, false]);
});
