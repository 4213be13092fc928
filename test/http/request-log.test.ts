import { describe, expect, it, vi } from 'vitest';
import type { GatewayOptions } from '../../src/gateway-options.ts';
import { apiKeyOf, bearer } from '../support/callers.ts';
import { gatewayWithSandbox, post, UNASKED } from '../support/gateway-with-sandbox.ts';
import { keptLog } from '../support/kept-log.ts';
import { readPage } from '../support/markdown.ts';

const UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/;
const ZHANG_SAN = '7000000000000000001';

async function loggingGateway(gateway: Partial<GatewayOptions> = {}) {
  const { log, entries, lines } = keptLog('debug');
  const harness = await gatewayWithSandbox({ gateway: { log, ...gateway } });
  await harness.gateway.whenReady;
  return { ...harness, entries, requests: () => lines('request') };
}

const get = (path: string, init: RequestInit = {}) =>
  new Request(`http://gateway.test${path}`, { headers: UNASKED, ...init });

describe('the line of a request', () => {
  it('has the figures of the receipt, and the caller', async () => {
    const { gateway, requests } = await loggingGateway({
      auth: { kind: 'api-key', keys: [apiKeyOf('k', { name: 'frontend' })] },
    });
    await post(gateway, { query: `{ user(key: "${ZHANG_SAN}") { key } }` }, bearer('k'));
    const query = `query Named { users(keys: ["${ZHANG_SAN}", "1", ""]) { key } }`;
    await post(gateway, { query }, { ...bearer('k'), traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` });
    expect(requests()[1]).toEqual({
      level: 'info',
      message: 'request',
      fields: {
        requestId: expect.stringMatching(UUID),
        traceId: 'a'.repeat(32),
        endpoint: 'graphql',
        method: 'POST',
        status: 200,
        durationMs: expect.any(Number),
        outcome: 'BAD_USER_INPUT',
        errors: { BAD_USER_INPUT: 1 },
        caller: 'frontend',
        operation: 'query',
        identifiers: 3,
        upstreamCalls: 1,
        cacheHits: 1,
        coalesced: 0,
        stale: 0,
        waitedMs: expect.any(Number),
      },
    });
  });

  it('has the fields that the README lists, and no others', async () => {
    const { gateway, requests } = await loggingGateway();
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await post(gateway, { query: '{ users(keys: ["1", ""]) { key } }' }, { traceparent });
    const row = readPage('README.md').match(/^\| `info` \| .*one per request: (.*) \|$/m)?.[1] ?? '';
    const fields = [...row.replace(/\([^)]*\)/g, '').matchAll(/`(\w+)`/g)].map(([, name]) => name);
    expect(new Set(fields)).toEqual(new Set(Object.keys(requests()[0]?.fields ?? {})));
  });

  it('counts errors by code, over all users of the request', async () => {
    const { query, requests } = await loggingGateway();
    await query('{ users(keys: ["", ""]) { key } usersByEmail(emails: ["nobody"]) { key } }');
    expect(requests()[0]?.fields).toMatchObject({ outcome: 'BAD_USER_INPUT', errors: { BAD_USER_INPUT: 3 } });
  });

  it('sums the receipts of batched operations, and takes their longest wait', async () => {
    const { gateway, requests } = await loggingGateway({ maxBatchedOperations: 3 });
    await post(gateway, { query: `{ user(key: "${ZHANG_SAN}") { key } }` });
    const naming = (keys: string) => ({ query: `{ users(keys: [${keys}]) { key } }` });
    await post(gateway, [naming(`"${ZHANG_SAN}", ""`), naming(`"${ZHANG_SAN}", "1"`), naming('"", "2"')]);
    expect(requests()[1]?.fields).toMatchObject({
      status: 200,
      outcome: 'BAD_USER_INPUT',
      errors: { BAD_USER_INPUT: 2 },
      identifiers: 6,
      cacheHits: 2,
    });
  });

  it.each<[string, string, object]>([
    ['does not parse', '{', { outcome: 'GRAPHQL_PARSE_FAILED' }],
    ['does not fit the schema', '{ nobody }', { outcome: 'GRAPHQL_VALIDATION_FAILED' }],
    ['names too many', `{ users(keys: ["1", "2", "3"]) { key } }`, { outcome: 'BAD_USER_INPUT', operation: 'query' }],
  ])('is also written for a document that %s', async (_, query, fields) => {
    const { gateway, requests } = await loggingGateway({ maxIdentifiers: 2 });
    const { status } = await post(gateway, { query });
    expect(requests()).toMatchObject([{ level: 'info', fields: { status, caller: 'anonymous', ...fields } }]);
  });

  it('is written for unauthenticated callers, without a name', async () => {
    const { gateway, requests } = await loggingGateway({ auth: { kind: 'api-key', keys: [apiKeyOf('k')] } });
    await post(gateway, { query: '{ __typename }' }, bearer('another'));
    expect(requests()[0]?.fields).toMatchObject({ status: 401, outcome: 'UNAUTHENTICATED' });
    expect(requests()[0]?.fields).not.toHaveProperty('caller');
  });

  it('is written for rate-limited callers', async () => {
    const keys = [apiKeyOf('k')];
    const { gateway, requests } = await loggingGateway({ auth: { kind: 'api-key', keys }, identifiersPerMinute: 3 });
    const two = { query: '{ users(keys: ["1", "2"]) { key } }' };
    for (let n = 0; n < 2; n++) await post(gateway, two, bearer('k'));
    const expected = { status: 429, outcome: 'RATE_LIMITED', caller: 'frontend', identifiers: 2 };
    expect(requests()[1]?.fields).toMatchObject(expected);
  });

  it('is written for other host names, without the name', async () => {
    const { gateway, requests } = await loggingGateway({ auth: { kind: 'none' } });
    await gateway.fetch(get('/graphql?query={__typename}'));
    const fields = { endpoint: 'other', method: 'GET', status: 403, outcome: 'FORBIDDEN', errors: { FORBIDDEN: 1 } };
    expect(requests()).toEqual([{ level: 'info', message: 'request', fields }]);
  });

  it('has the outcome CLIENT_DISCONNECTED if the client disconnects', async () => {
    const { gateway, requests, sandbox } = await loggingGateway();
    sandbox.faults.start({ name: 'latency', ms: 300 });
    const client = new AbortController();
    const query = `{ user(key: "${ZHANG_SAN}") { key } }`;
    const hangsUp = gateway.fetch(get(`/graphql?query=${encodeURIComponent(query)}`, { signal: client.signal }));
    setTimeout(() => client.abort(), 50);
    await expect(hangsUp).rejects.toThrow('aborted');
    await vi.waitFor(() => expect(requests()[0]?.fields).toMatchObject({ outcome: 'CLIENT_DISCONNECTED' }));
  });

  it('has no path, and no unknown method', async () => {
    const { gateway, requests } = await loggingGateway();
    await gateway.fetch(get('/people/zhangsan@example.com', { method: 'ZHANGSAN' }));
    expect(requests()[0]?.fields).toMatchObject({
      endpoint: 'other',
      method: 'other',
      status: 404,
      outcome: 'NOT_FOUND',
    });
    expect(JSON.stringify(requests())).not.toMatch(/zhangsan/i);
  });

  it.each(['/health', '/readiness'])('of %s is at debug level', async (path) => {
    const { gateway, requests } = await loggingGateway();
    const { headers } = await gateway.fetch(get(path));
    const requestId = headers.get('x-request-id');
    expect(requestId).toMatch(UUID);
    expect(requests()).toMatchObject([{ level: 'debug', fields: { endpoint: path.slice(1), status: 200, requestId } }]);
  });

  it('has a generated id, never one of the client, which the response has too', async () => {
    const { gateway, requests } = await loggingGateway();
    const response = await post(gateway, { query: '{ __typename }' }, { 'x-request-id': ZHANG_SAN });
    expect(response.headers.get('x-request-id')).toMatch(UUID);
    expect(requests()[0]?.fields.requestId).toBe(response.headers.get('x-request-id'));
  });
});

describe('an internal error of the gateway', () => {
  it('is logged with the id of its request, once for a list that fails a hundred times', async () => {
    const { gateway, entries, requests } = await loggingGateway();
    vi.spyOn(gateway.directory, 'find').mockImplementation(async ({ identifiers }) => {
      const error = new Error('secret');
      return identifiers.map(() => {
        throw error;
      });
    });
    const keys = Array.from({ length: 100 }, (_, index) => index + 1).map(String);
    const response = await post(gateway, { query: `{ users(keys: ${JSON.stringify(keys)}) { key } }` });
    const requestId = response.headers.get('x-request-id');
    const faults = entries.filter(({ level }) => level === 'error');
    expect(faults).toEqual([
      {
        level: 'error',
        message: 'Internal error.',
        fields: { requestId, failures: 1, stack: expect.any(String) },
      },
    ]);
    expect(faults[0]?.fields.stack).toMatch(/^Error\n {4}at .*request-log\.test\.ts/);
    expect(requests()[0]?.fields).toMatchObject({
      requestId,
      outcome: 'INTERNAL_SERVER_ERROR',
      errors: { INTERNAL_SERVER_ERROR: 100 },
    });
  });
});

describe('a gateway embedded in another program', () => {
  it('writes no request line without a log; responses have an id, which internal errors are logged with', async () => {
    const { gateway } = await gatewayWithSandbox({ gateway: { log: undefined } });
    const written = vi.spyOn(process.stderr, 'write');
    const response = await post(gateway, { query: '{ __typename }' });
    expect(written).not.toHaveBeenCalled();
    written.mockRestore();
    expect(response.headers.get('x-request-id')).toMatch(UUID);
  });
});
