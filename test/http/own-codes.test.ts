import { expect, it } from 'vitest';
import { gatewayWithSandbox } from '../support/gateway-with-sandbox.ts';
import { keptLog } from '../support/kept-log.ts';

const body = (text: string, type = 'application/json') => ({
  method: 'POST',
  headers: { 'content-type': type },
  body: text,
});

it.each([
  ['what is not JSON', body('{'), 400],
  ['what is no object', body('3'), 400],
  ['a query that is no text', body('{"query":3}'), 400],
  ['a list', body('[]'), 400],
  ['what is too large', body(' '.repeat(200)), 413],
  ['a method of another kind', { method: 'PUT', headers: { 'content-type': 'application/json' } }, 405],
])('log and metrics have the code that the client gets, for %s', async (_, asked, status) => {
  const { log, lines } = keptLog('info');
  const { gateway, events } = await gatewayWithSandbox({ gateway: { log, maxBodyBytes: 100, metrics: true } });
  const response = await gateway.fetch(new Request('http://gateway.test/graphql', asked));
  const { errors } = await response.json();
  expect({ status: response.status, code: errors[0].extensions.code }).toEqual({ status, code: 'BAD_USER_INPUT' });
  expect(lines('request')[0]?.fields).toMatchObject({
    status,
    outcome: 'BAD_USER_INPUT',
    errors: { BAD_USER_INPUT: 1 },
  });
  expect(events).toContainEqual(expect.objectContaining({ type: 'request', outcome: 'BAD_USER_INPUT' }));
  const counted = 'lark_gateway_requests_total{endpoint="graphql",outcome="BAD_USER_INPUT"} 1';
  expect(await gateway.metrics?.text()).toContain(counted);
});
