import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { GatewayOptions } from '../../src/gateway-options.ts';
import { createServer } from '../../src/http/server.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { apiKeyOf, keyNamed } from '../support/callers.ts';
import { gatewayWithSandbox } from '../support/gateway-with-sandbox.ts';
import { parseAnswer, rawRequest, sendRaw } from '../support/raw-http.ts';

const JSON_TYPE = 'Content-Type: application/json';
const QUERY = JSON.stringify({ query: '{ __typename }' });

/** As short as header lines can be: thousands fit into the 16 KB that Node reads. */
const filler = (count: number) => Array.from({ length: count }, () => 'a:');

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => server.close().closeAllConnections());
  return (server.address() as AddressInfo).port;
}

const ask = async (port: number, line: string, lines: readonly string[], body?: string) =>
  parseAnswer(await sendRaw(port, rawRequest(line, lines, body)));

describe('header lines beyond those that Node keeps', () => {
  it.each([999, 1_000, 1_005, 1_990, 2_500])(
    'hide no X-Forwarded-For behind %i others, without AUTH',
    async (count) => {
      const { gateway } = await gatewayWithSandbox({ gateway: { auth: { kind: 'none' } } });
      const port = await portOf(createServer(gateway));
      const lines = ['Host: localhost', ...filler(count), 'X-Forwarded-For: 203.0.113.7'];
      expect((await ask(port, 'GET /health', lines)).status).toBe(403);
    },
  );

  it('hide no credential and no second Host', async () => {
    const keys = [apiKeyOf('k')];
    const { gateway } = await gatewayWithSandbox({ gateway: { auth: { kind: 'api-key', keys } } });
    const port = await portOf(createServer(gateway));
    const lines = ['Host: localhost', JSON_TYPE, ...filler(1_990)];
    expect((await ask(port, 'POST /graphql', [...lines, `Authorization: Bearer ${keyNamed('k')}`], QUERY)).status).toBe(
      200,
    );
    expect((await ask(port, 'POST /graphql', [...lines, 'Host: localhost'], QUERY)).status).toBe(400);
  });

  it.each([
    ['as Node sets it', undefined, 1_005],
    ['lower', 50, 80],
  ])('make a request a 431 on a server of your own whose maxHeadersCount is %s', async (_, limit, count) => {
    const { gateway } = await gatewayWithSandbox({ gateway: { auth: { kind: 'none' } } });
    const server = createHttpServer(gateway.requestListener);
    if (limit !== undefined) server.maxHeadersCount = limit;
    const port = await portOf(server);
    const { status, body } = await ask(port, 'GET /health', ['Host: localhost', ...filler(count), 'Via: 1.1 proxy']);
    expect(status).toBe(431);
    // Node 24 refuses it itself, without a body.
    expect(body === '' || body.includes('"BAD_USER_INPUT"')).toBe(true);
    expect((await ask(port, 'GET /health', ['Host: localhost', ...filler(40)])).status).toBe(200);
  });

  it('are not dropped by the sandbox, either', async () => {
    const sandbox = await startSandbox();
    onTestFinished(() => sandbox.close());
    const port = Number(new URL(sandbox.url).port);
    const { pluginId, pluginSecret } = sandbox.credential;
    const credential = JSON.stringify({ plugin_id: pluginId, plugin_secret: pluginSecret, type: 0 });
    const json = ['Host: localhost', JSON_TYPE];
    const { body: issued } = await ask(port, 'POST /open_api/authen/plugin_token', json, credential);
    const [token] = /p-[\w-]+/.exec(issued) ?? [];
    const lines = [...json, ...filler(1_990), `X-PLUGIN-TOKEN: ${token}`];
    const asked = JSON.stringify({ user_keys: ['7000000000000000001'] });
    expect((await ask(port, 'POST /open_api/user/query', lines, asked)).body).toContain('"err_code":0');
  });
});

describe.each([true, false])('with fastPath: %s', (fastPath) => {
  async function serving(options: Partial<GatewayOptions> = {}) {
    const keys = [apiKeyOf('k'), apiKeyOf('other', { name: 'other' })];
    const auth = { kind: 'api-key', keys } as const;
    const { gateway } = await gatewayWithSandbox({ gateway: { auth, fastPath, ...options } });
    await gateway.whenReady;
    return portOf(createServer(gateway));
  }

  const ONCE = ['Host: gateway.example.com', `Authorization: Bearer ${keyNamed('k')}`, JSON_TYPE];

  it.each([
    'Host: gateway.example.com',
    'Host: other.example.com',
    `Authorization: Bearer ${keyNamed('k')}`,
    'Authorization: Bearer other',
    'authorization: Basic x',
    JSON_TYPE,
    'content-type: text/plain',
    'Content-Length: 26',
    'Content-Length: 3',
  ])('a request that repeats a header of which Node drops all but the first is refused: %s', async (repeated) => {
    const port = await serving();
    for (let n = 0; n < 2; n++) expect((await ask(port, 'POST /graphql', ONCE, QUERY)).status).toBe(200);
    for (const lines of [
      [...ONCE, repeated],
      [repeated, ...ONCE],
    ]) {
      const { status, headers, body } = await ask(port, 'POST /graphql', lines, QUERY);
      expect([status, headers['content-type']]).toEqual([400, 'application/json; charset=utf-8']);
      expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    }
  });

  it('a request with two user access tokens is refused', async () => {
    const port = await serving({ auth: { kind: 'none', hosts: 'any' }, identity: 'caller' });
    const tokens = ['X-Lark-User-Token: u-1', 'X-Lark-User-Token: u-2'];
    const { status, body } = await ask(port, 'POST /graphql', ['Host: a', JSON_TYPE, ...tokens], QUERY);
    expect(status).toBe(400);
    expect(JSON.parse(body).errors[0].message).toBe(
      'Expected one header x-lark-user-token, got several. Send it once.',
    );
  });

  it('headers that are lists may come in several lines', async () => {
    const port = await serving();
    const lists = [
      'Accept: text/html',
      'Accept: application/json',
      'X-Forwarded-For: 203.0.113.7',
      'X-Forwarded-For: 203.0.113.8',
    ];
    for (let n = 0; n < 2; n++) expect((await ask(port, 'POST /graphql', [...ONCE, ...lists], QUERY)).status).toBe(200);
  });
});
