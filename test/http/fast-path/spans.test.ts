import { context, trace } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { listening, posted } from '../../support/listening.ts';
import { recordedSpans } from '../../support/recorded-spans.ts';
import { usedFastPath } from './response.ts';

const naming = (field: string) =>
  posted({ query: `query ($key: ID!) { user(key: $key) { ${field} } }`, variables: { key: '7000000000000000001' } });

it('a span that is active around the listener is the parent, on the fast path and where that leaves the request to Yoga', async () => {
  const spans = recordedSpans();
  const { server, gateway, send, events } = await listening({});
  const outer = trace.getTracer('test').startSpan('outer');
  server.removeAllListeners('request').on('request', (request, response) => {
    context.with(trace.setSpan(context.active(), outer), () => gateway.requestListener(request, response));
  });
  for (const asked of [naming('key'), naming('key'), naming('nameEn')]) expect((await send(asked)).status).toBe(200);
  expect(usedFastPath(events)).toBe(true);
  const parents = spans.named('POST /graphql').map(({ parentSpanContext }) => parentSpanContext?.spanId);
  expect(parents).toEqual(Array.from({ length: 3 }, () => outer.spanContext().spanId));
});
