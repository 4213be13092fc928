import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { close, createServer, listen } from '../../src/http/server.ts';
import { faultsTo, gatewayWithSandbox, post, UNASKED } from '../support/gateway-with-sandbox.ts';

const get = (path: string, headers: Record<string, string> = {}) =>
  new Request(`http://gateway.test${path}`, { headers });

const CALL_TIMEOUT_MS = 2_345;

describe('/health and /readiness', () => {
  it('are answered whole by the Node server, whichever is asked first and however often', async () => {
    const { gateway } = await gatewayWithSandbox();
    const server = createServer(gateway);
    onTestFinished(() => close(server, 0));
    const url = await listen(server, { host: '127.0.0.1', port: 0, portSetting: 'PORT' });
    for (let n = 0; n < 2; n++) {
      expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok' });
      expect(await (await fetch(`${url}/readiness`)).json()).toMatchObject({ upstream: {} });
    }
  });

  it('/health is 200 as long as the process answers', async () => {
    const { gateway, sandbox } = await gatewayWithSandbox();
    await sandbox.close();
    const response = await gateway.fetch(get('/health'));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok' });
  });

  it.each(['/graphql/health', '/nowhere/health', '/nowhere?then=/health', '/health/', '/nowhere/readiness'])(
    '%s is neither',
    async (path) => {
      const { gateway } = await gatewayWithSandbox();
      expect((await gateway.fetch(get(path))).status).toBe(404);
    },
  );

  it('a query that ends in /health is a query', async () => {
    const { gateway } = await gatewayWithSandbox();
    const response = await gateway.fetch(get('/graphql?query={__typename}#/health', UNASKED));
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
    const refused = await gateway.fetch(get('/graphql?query=/health', UNASKED));
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }] });
  });

  it('/readiness is 503 before the first token, and 200 from then on', async () => {
    const { gateway } = await gatewayWithSandbox();
    expect((await gateway.fetch(get('/readiness'))).status).toBe(503);
    await gateway.whenReady;
    const response = await gateway.fetch(get('/readiness'));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ready', upstream: { status: 'ok' } });
  });

  it('an outage is told as detail and does not end readiness', async () => {
    const { gateway, sandbox, query } = await gatewayWithSandbox();
    await gateway.whenReady;
    await sandbox.close();
    await query('{ user(key: "1") { key } }');
    const response = await gateway.fetch(get('/readiness'));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: 'ready',
      upstream: { status: 'failing', code: 'UPSTREAM_UNAVAILABLE' },
    });
  });

  it('a gateway that starts while the user API is down becomes ready when it comes up', async () => {
    const { gateway, sandbox } = await gatewayWithSandbox();
    let isDown = true;
    sandbox.setFault((_, answer) => (isDown ? { status: 503, body: '' } : answer()));
    await vi.waitFor(async () => {
      const { upstream } = await (await gateway.fetch(get('/readiness'))).json();
      expect(upstream).toEqual({ status: 'failing', code: 'UPSTREAM_UNAVAILABLE' });
    });
    expect(gateway.readiness().isReady).toBe(false);
    isDown = false;
    expect(await gateway.whenReady).toBe(true);
    expect(gateway.readiness().isReady).toBe(true);
  });

  it('shutdown ends readiness while requests are still answered', async () => {
    const { gateway, query } = await gatewayWithSandbox();
    await gateway.whenReady;
    gateway.beginShutdown();
    expect((await gateway.fetch(get('/readiness'))).status).toBe(503);
    expect(await query('{ __typename }')).toEqual({ data: { __typename: 'Query' } });
  });
});

describe('the GraphQL endpoint', () => {
  it('answers a GET with a query', async () => {
    const { gateway } = await gatewayWithSandbox();
    const response = await gateway.fetch(get('/graphql?query={__typename}', UNASKED));
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
  });

  it('allows no other site to read answers', async () => {
    const { gateway } = await gatewayWithSandbox();
    const response = await post(gateway, { query: '{ __typename }' }, { origin: 'https://evil.example' });
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('shows GraphiQL to browsers only where it is switched on', async () => {
    const browser = { accept: 'text/html' };
    const off = await gatewayWithSandbox();
    expect(await (await off.gateway.fetch(get('/graphql', browser))).text()).not.toContain('<html');
    const on = await gatewayWithSandbox({ gateway: { graphiql: { key: '1', email: 'a@b.c', outId: 'on_1' } } });
    const page = await on.gateway.fetch(get('/graphql', browser));
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).toContain('<title>Lark users</title>');
  });

  it('tells nothing of a fault of its own but the path, also with NODE_ENV=development, and logs the stack without its message', async () => {
    vi.stubEnv('NODE_ENV', 'development');
    const stacks: string[] = [];
    const { gateway, query } = await gatewayWithSandbox({ gateway: { log: faultsTo((fault) => stacks.push(fault)) } });
    const field = gateway.schema.getQueryType()?.getFields().user;
    if (field) {
      field.resolve = () => {
        throw new Error('secret: token p-123');
      };
    }
    const { data, errors } = await query('{ user(key: "1") { key } users(keys: []) { key } }');
    expect(data).toEqual({ user: null, users: [] });
    expect(errors).toEqual([
      {
        message: 'The gateway failed inside. Its operator finds the cause in the log.',
        locations: [{ line: 1, column: 3 }],
        path: ['user'],
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      },
    ]);
    expect(stacks).toEqual([expect.stringMatching(/Error\\n {4}at .*server\.test\.ts:\d+/)]);
    expect(stacks[0]).not.toMatch(/secret|p-123|query/);
    vi.unstubAllEnvs();
  });

  it('logs what went wrong inside a look-up, too, and tells the client as little', async () => {
    const stacks: string[] = [];
    const { gateway, query, sandbox } = await gatewayWithSandbox({
      gateway: { timeoutMs: CALL_TIMEOUT_MS, log: faultsTo((fault) => stacks.push(fault)) },
    });
    await gateway.whenReady;
    const { setTimeout: begin } = globalThis;
    // The deadline of a call is the first thing of it.
    vi.spyOn(globalThis, 'setTimeout').mockImplementation((action: () => void, ms?: number) => {
      if (ms === CALL_TIMEOUT_MS) throw new Error('secret: a bug');
      return begin(action, ms);
    });
    const answer = await query('{ user(key: "1") { key } }');
    vi.restoreAllMocks();
    expect(answer.errors).toMatchObject([{ path: ['user'], extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
    expect(JSON.stringify(answer)).not.toContain('secret');
    expect(stacks).toEqual([expect.stringMatching(/server\.test\.ts:\d+/)]);
    expect(stacks[0]).not.toContain('secret');
    expect(sandbox.calls().filter((call) => call.interface === 'user_query')).toEqual([]);
  });
});
