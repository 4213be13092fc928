import type { IncomingMessage } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { close, createServer as createGatewayServer, listen } from '../../src/http/server.ts';
import type { LogOptions } from '../../src/telemetry/log.ts';
import { faultsTo, gatewayWithSandbox } from '../support/gateway-with-sandbox.ts';
import { keptLog } from '../support/kept-log.ts';
import { parseAnswer, type RawAnswer, rawRequest, sendRaw } from '../support/raw-http.ts';

const QUERY = JSON.stringify({ query: '{ __typename }' });
const USER = JSON.stringify({ key: '7000000000000000001' });
const JSON_TYPE = 'Content-Type: application/json';
const HOST = 'Host: gateway.example.com';

const unexpected = (fault: string) => {
  throw new Error(fault);
};

const asItIs: Wrap = (listener) => listener;

type Ask = (line: string, lines: readonly string[], body?: string) => Promise<RawAnswer>;
type Wrap = (listener: (request: IncomingMessage, response: never) => void) => typeof listener;

/** A gateway with everything that it can serve, on a socket, and a function that sends it a raw request. */
async function serving({
  fastPath = true,
  wrap = asItIs,
  log = faultsTo(unexpected),
}: {
  fastPath?: boolean;
  wrap?: Wrap;
  log?: LogOptions;
} = {}) {
  const harness = await gatewayWithSandbox({ gateway: { fastPath, metrics: true, log } });
  await harness.gateway.whenReady;
  const requestListener = wrap(harness.gateway.requestListener) as never;
  const server = createGatewayServer({ requestListener });
  onTestFinished(() => close(server, 0));
  const url = await listen(server, { host: '127.0.0.1', port: 0, portSetting: 'PORT' });
  const port = Number(new URL(url).port);
  const ask: Ask = async (line, lines, body) => parseAnswer(await sendRaw(port, rawRequest(line, lines, body)));
  return { ...harness, ask, port };
}

/** Twice, so that the fast path knows the operation. */
async function know(ask: Ask): Promise<void> {
  for (let n = 0; n < 2; n++) expect((await ask('POST /graphql', [HOST, JSON_TYPE], QUERY)).status).toBe(200);
}

/** What every refused request is answered with. */
const REFUSED = {
  status: 400,
  type: 'application/json; charset=utf-8',
  errors: [{ message: expect.stringMatching(/^Expected .+, got .+\. .+\.$/), extensions: { code: 'BAD_USER_INPUT' } }],
};

function read({ status, headers, body }: RawAnswer) {
  expect(body).not.toMatch(/metrics|forget|evil/);
  return { status, type: headers['content-type'], ...JSON.parse(body) };
}

const INVALID_HOSTS = [
  'evil/metrics?',
  'evil/forget?',
  'evil\\metrics?',
  'evil?',
  'evil#',
  'user@evil',
  'user:password@evil',
  'ev il',
  'ev\til',
  '',
  '.',
  'evil..example.com',
  '.evil.example.com',
  'evil:port',
  'evil:99999',
  'evil:80:80',
  'evil:-1',
  '[::1',
  '::1',
  '[::g]',
  '[fe80::1%25eth0]',
  '1.2.3.999',
  'evil%2fmetrics',
  'evil,gateway.example.com',
  'évil',
  'ev<il',
  'evil\r\n /metrics?',
];

describe.each([true, false])('with fastPath: %s', (fastPath) => {
  it.each(INVALID_HOSTS)('a request whose Host is %j is refused, whatever its target', async (host) => {
    const { ask, upstreamCalls } = await serving({ fastPath });
    await know(ask);
    expect(read(await ask('GET /health', [`Host: ${host}`]))).toEqual(REFUSED);
    expect(read(await ask('POST /graphql', [`Host: ${host}`, JSON_TYPE], USER))).toEqual(REFUSED);
    expect(read(await ask('POST /graphql', [`Host: ${host}`, JSON_TYPE], QUERY))).toEqual(REFUSED);
    expect(upstreamCalls()).toEqual([]);
  });

  it.each([
    'gateway',
    'gateway:4000',
    'gateway:',
    'gateway-1.example.com',
    'gateway_1',
    'gateway.example.com.',
    'GATEWAY.EXAMPLE.COM',
    'xn--bcher-kva.example',
    '127.0.0.1:4000',
    '[::1]',
    '[2001:db8::1]:4000',
    '[::ffff:127.0.0.1]:4000',
  ])('a request whose Host is %j is answered', async (host) => {
    const { ask } = await serving({ fastPath });
    for (let n = 0; n < 2; n++) {
      const answer = await ask('POST /graphql', [`Host: ${host}`, JSON_TYPE], QUERY);
      expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { data: { __typename: 'Query' } }]);
    }
    expect((await ask('GET /health', [`Host: ${host}`])).body).toBe('{"status":"ok"}');
  });

  it.each([
    '/./metrics',
    '/x/../metrics',
    '/../metrics',
    '/%2e/metrics',
    '/%2E/metrics',
    '/x/%2e%2e/metrics',
    '/x/.%2E/metrics',
    '/x/%2e./metrics',
    '/;/../metrics',
    '/x/..;/metrics',
    '/x/..;a=b/metrics',
    '/x/%2e%2e;/metrics',
    '/x/..%3b/metrics',
    '/.;/metrics',
    '/graphql/..',
    '/graphql/.',
    '/x/..\\metrics',
    '/x\\..\\metrics',
    '/\\metrics',
    '/metrics#',
    '/metrics#x',
    '/health#/../metrics',
    '/health?x#y',
    '/x/../forget',
    '/./graphql',
    '/graphql/../graphql',
    'http://gateway.example.com/./metrics',
    'http://gateway.example.com/x/../metrics',
    'http://gateway.example.com\\metrics',
    'http://gateway.example.com#/metrics',
    'http://user@gateway.example.com/metrics',
    'http://evil:99999/metrics',
    'http:///metrics',
    'http://evil..example.com/metrics',
    'ftp://gateway.example.com/metrics',
  ])('a request for %s is refused: routers, proxies and URL parsers read it differently', async (target) => {
    const { ask } = await serving({ fastPath });
    await know(ask);
    expect(read(await ask(`GET ${target}`, [HOST]))).toEqual(REFUSED);
    expect(read(await ask(`POST ${target}`, [HOST, JSON_TYPE], USER))).toEqual(REFUSED);
    expect(read(await ask(`POST ${target}`, [HOST, JSON_TYPE], QUERY))).toEqual(REFUSED);
  });

  it.each([
    '//metrics',
    '/metrics/',
    '/metrics;x',
    '/METRICS',
    '/metrics%20',
    '/%6detrics',
    '/metrics%2f',
    '/x%2f..%2fmetrics',
    '/..metrics',
    '/%252e/metrics',
    '/.../metrics',
  ])('GET %s is a 404: no path but /metrics is /metrics', async (target) => {
    const { ask } = await serving({ fastPath });
    const { status, body } = await ask(`GET ${target}`, [HOST]);
    expect(status).toBe(404);
    expect(body).not.toContain('lark_gateway');
  });

  it.each(['//forget', '/forget/', '/forget;x', '/FORGET', '/forget%20', '/%66orget', '/graphql/forget'])(
    'POST %s is a 404: no path but /forget is /forget',
    async (target) => {
      const { ask } = await serving({ fastPath });
      expect((await ask(`POST ${target}`, [HOST, JSON_TYPE], USER)).status).toBe(404);
    },
  );

  it('dots elsewhere in a target are none of a segment', async () => {
    const { ask } = await serving({ fastPath });
    expect((await ask('GET /metrics?path=/../x', [HOST])).status).toBe(200);
    expect((await ask('GET /nowhere..', [HOST])).status).toBe(404);
  });

  it('an absolute-form target is answered as its path is, and its authority counts in place of Host', async () => {
    const { ask } = await serving({ fastPath });
    for (const target of [
      'http://gateway.example.com/graphql',
      'HTTP://[::1]:4000/graphql',
      'https://gateway/graphql?x',
    ]) {
      const { status, body } = await ask(`POST ${target}`, ['Host: other.example.com', JSON_TYPE], QUERY);
      expect([status, JSON.parse(body)]).toEqual([200, { data: { __typename: 'Query' } }]);
    }
    expect(
      read(await ask('POST http://gateway.example.com/graphql', ['Host: evil/metrics?', JSON_TYPE], QUERY)),
    ).toEqual(REFUSED);
    expect((await ask('GET http://gateway.example.com', [HOST])).status).toBe(404);
    expect((await ask('GET http://gateway.example.com?/metrics', [HOST])).status).toBe(404);
    expect((await ask('GET http://gateway.example.com/metrics', [HOST])).body).toContain('lark_gateway');
  });
});

it('HTTP/1.1 needs a Host, HTTP/1.0 does not (RFC 9112, 3.2)', async () => {
  const { ask, port } = await serving();
  expect(read(await ask('GET /health', []))).toEqual(REFUSED);
  const answer = parseAnswer(await sendRaw(port, 'GET /health HTTP/1.0\r\n\r\n'));
  expect([answer.status, answer.body]).toEqual([200, '{"status":"ok"}']);
});

it('a refused request has its line in the log and its count in the metrics, without its text', async () => {
  const { log, entries } = keptLog('info');
  const { ask, events } = await serving({ log });
  await ask('GET /x/../evil', ['Host: gateway']);
  const fields = {
    endpoint: 'other',
    method: 'GET',
    status: 400,
    outcome: 'BAD_USER_INPUT',
    errors: { BAD_USER_INPUT: 1 },
  };
  expect(entries.filter(({ message }) => message === 'request')).toMatchObject([{ fields }]);
  expect(JSON.stringify(entries)).not.toContain('evil');
  expect(events.filter(({ type }) => type === 'request')).toEqual([
    { type: 'request', endpoint: 'other', status: 400, outcome: 'BAD_USER_INPUT' },
  ]);
});

it('the port of metrics alone obeys the same rules', async () => {
  const { gateway } = await gatewayWithSandbox({ gateway: { metrics: 'apart' } });
  const server = createGatewayServer(gateway.metrics as NonNullable<typeof gateway.metrics>);
  onTestFinished(() => close(server, 0));
  const url = await listen(server, { host: '127.0.0.1', port: 0, portSetting: 'METRICS_PORT' });
  const ask = async (line: string, host: string) =>
    parseAnswer(await sendRaw(Number(new URL(url).port), rawRequest(line, [`Host: ${host}`])));
  expect(read(await ask('GET /x', 'evil/metrics?'))).toEqual(REFUSED);
  expect(read(await ask('GET /x/../metrics', 'gateway'))).toEqual(REFUSED);
  expect((await ask('GET http://gateway/metrics', 'gateway')).body).toContain('lark_gateway');
});

describe('below a path of a framework', () => {
  /** As Express does it: the whole target stays in `originalUrl`, and what was trusted of a proxy is in `protocol`. */
  const mounted: Wrap =
    (listener) => (request: IncomingMessage & { originalUrl?: string; protocol?: string }, response) => {
      request.originalUrl = request.url ?? '';
      request.url = request.originalUrl.replace(/^(https?:\/\/[^/]*)?\/people/, '$1');
      request.protocol = String(request.headers['x-forwarded-proto'] ?? 'http');
      listener(request, response);
    };

  it('a target in origin form and in absolute form is answered, also when the operation is known', async () => {
    const { ask } = await serving({ wrap: mounted });
    for (const target of ['/people/graphql', 'http://gateway.example.com/people/graphql', '/people/graphql']) {
      expect((await ask(`POST ${target}`, [HOST, JSON_TYPE], QUERY)).status).toBe(200);
    }
  });

  it.each(['/people/../metrics', '/people/%2e%2e/metrics', 'http://gateway.example.com/people/../metrics'])(
    'a target with dot segments is refused: %s',
    async (target) => {
      const { ask } = await serving({ wrap: mounted });
      expect(read(await ask(`GET ${target}`, [HOST]))).toEqual(REFUSED);
    },
  );

  it('what the framework takes for the scheme is no part of the target', async () => {
    const { ask } = await serving({ wrap: mounted });
    const forwarded = (scheme: string) => ask('GET /health', [HOST, `X-Forwarded-Proto: ${scheme}`]);
    expect(read(await forwarded('http://evil/metrics?'))).toEqual(REFUSED);
    expect((await forwarded('https')).body).toBe('{"status":"ok"}');
  });
});

it('over HTTP/2 the pseudo-header :authority obeys the rules of Host', async () => {
  const { gateway } = await gatewayWithSandbox({ gateway: { metrics: true } });
  const server = createHttp2Server(gateway.requestListener as never);
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  const ask = (authority: string) =>
    new Promise<number>((resolve, reject) => {
      const stream = client.request({ ':path': '/health', ':authority': authority });
      stream.on('response', ({ ':status': status }) => resolve(status ?? 0));
      stream.on('error', reject).resume();
    });
  expect(await ask('gateway.example.com')).toBe(200);
  for (const authority of ['evil:99999', 'evil..example.com']) expect(await ask(authority)).toBe(400);
});
