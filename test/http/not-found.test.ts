import { createServer, type IncomingMessage } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { close, listen } from '../../src/http/server.ts';
import { apiKeyOf, bearer } from '../support/callers.ts';
import { gatewayWithSandbox, UNASKED } from '../support/gateway-with-sandbox.ts';
import { keptLog } from '../support/kept-log.ts';

const asked = (path: string, headers: Record<string, string> = {}) =>
  new Request(`http://gateway.test${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: '{ user(key: "7000000000000000001") { key } }' }),
  });

const NOTHING = {
  message: 'There is nothing at this address. GraphQL is at /graphql.',
  extensions: { code: 'NOT_FOUND' },
};

describe('where there is nothing', () => {
  it.each([
    '/health/graphql',
    '/nowhere/graphql',
    '/nowhere/graphql/',
    '/nowhere?then=/graphql',
    '/nowhere?then=/graphql/',
    '/metrics?then=/graphql',
    '//graphql',
    '/schema.graphql',
    '/nowhere',
    '/',
  ])('a POST to %s is a 404 that says where GraphQL is, and asks nobody', async (path) => {
    const { gateway, upstreamCalls } = await gatewayWithSandbox({ gateway: { metrics: true } });
    const response = await gateway.fetch(asked(path));
    expect({ status: response.status, ...(await response.json()) }).toEqual({ status: 404, errors: [NOTHING] });
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(upstreamCalls()).toEqual([]);
  });

  it('nobody needs a credential to learn that', async () => {
    const { gateway } = await gatewayWithSandbox({ gateway: { auth: { kind: 'api-key', keys: [apiKeyOf('k')] } } });
    expect((await gateway.fetch(asked('/nowhere/graphql'))).status).toBe(404);
    expect((await gateway.fetch(asked('/graphql'))).status).toBe(401);
    expect((await gateway.fetch(asked('/graphql', bearer('k')))).status).toBe(200);
  });

  it('the metrics on a port of their own say where they are', async () => {
    const { gateway } = await gatewayWithSandbox({ gateway: { metrics: 'apart' } });
    const response = await gateway.metrics?.fetch(asked('/graphql'));
    expect(response?.status).toBe(404);
    expect(await response?.text()).toContain('Metrics are at /metrics.');
  });
});

it('/graphql/ is /graphql, also in the log', async () => {
  const { log, lines } = keptLog('info');
  const { gateway } = await gatewayWithSandbox({ gateway: { log } });
  const response = await gateway.fetch(asked('/graphql/'));
  expect(await response.json()).toEqual({ data: { user: { key: '7000000000000000001' } } });
  await gateway.fetch(new Request('http://gateway.test/graphql/?query={__typename}', { headers: UNASKED }));
  expect(lines('request').map(({ fields }) => fields.endpoint)).toEqual(['graphql', 'graphql']);
});

it('below an address of a framework it is where the framework says, which takes that off', async () => {
  const { gateway } = await gatewayWithSandbox();
  // As Express does it.
  const server = createServer((request: IncomingMessage & { originalUrl?: string }, response) => {
    request.originalUrl = request.url ?? '';
    request.url = request.originalUrl.replace(/^\/people/, '');
    gateway.requestListener(request, response);
  });
  const url = await listen(server, { host: '127.0.0.1', port: 0, portSetting: 'PORT' });
  onTestFinished(() => close(server, 0));
  const ask = async (path: string) => {
    const { method, headers } = asked(path);
    return (await fetch(`${url}${path}`, { method, headers, body: await asked(path).text() })).status;
  };
  // Twice: also when its document is known.
  expect([await ask('/people/graphql'), await ask('/people/graphql')]).toEqual([200, 200]);
  expect(await ask('/people/nowhere/graphql')).toBe(404);
});
