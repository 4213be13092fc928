import { once } from 'node:events';
import { maxHeaderSize } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { close, createServer, listen } from '../../src/http/server.ts';
import { gatewayWithSandbox } from '../support/gateway-with-sandbox.ts';
import { parseAnswer, rawRequest, sendRaw } from '../support/raw-http.ts';

async function serving(requestMs = 30_000) {
  const harness = await gatewayWithSandbox();
  await harness.gateway.whenReady;
  const server = createServer(harness.gateway, { requestMs, checkMs: 5 });
  onTestFinished(() => close(server, 0));
  const url = await listen(server, { host: '127.0.0.1', port: 0, portSetting: 'PORT' });
  return { ...harness, port: Number(new URL(url).port) };
}

const HOST = 'Host: gateway.example.com';
const CHUNKED =
  'POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
const SECRET = 'zhangsan@example.com';

describe('what is no request that can be routed is refused as everything else is', () => {
  it.each([
    [400, 'no HTTP', `${SECRET}\r\n\r\n`],
    [400, 'a method of its own', `ZHANGSAN /${SECRET} HTTP/1.1\r\n${HOST}\r\n\r\n`],
    [400, 'a target without a slash', `GET ${SECRET} HTTP/1.1\r\n${HOST}\r\n\r\n`],
    [400, 'no version', `GET /?${SECRET}\r\n\r\n`],
    [400, 'HTTP/2 without an upgrade', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`],
    [400, 'a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    [400, 'a header without a colon', `GET / HTTP/1.1\r\n${HOST}\r\n${SECRET}\r\n\r\n`],
    [400, 'two lengths', `POST / HTTP/1.1\r\n${HOST}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n${SECRET}`],
    [
      400,
      'a length and chunks',
      `POST / HTTP/1.1\r\n${HOST}\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
    ],
    [400, 'a chunk without a size', `${CHUNKED}${SECRET}\r\n`],
    [400, 'no Host', `GET /${SECRET} HTTP/1.1\r\nConnection: close\r\n\r\n`],
    [413, 'chunk extensions without an end', `${CHUNKED}1;zhangsan=${'1'.repeat(20_000)}`],
    [417, 'an expectation', `GET /health HTTP/1.1\r\n${HOST}\r\nExpect: ${SECRET}\r\n\r\n`],
    [431, 'headers that are too long', `GET / HTTP/1.1\r\n${HOST}\r\nX: ${SECRET.repeat(maxHeaderSize / 16)}\r\n\r\n`],
    [431, 'a target that is too long', `GET /${SECRET.repeat(maxHeaderSize / 16)} HTTP/1.1\r\n${HOST}\r\n\r\n`],
  ])('with a %i: %s', async (status, _, text) => {
    const { port } = await serving();
    expect(read(await sendRaw(port, text))).toEqual(refused(status));
  });

  it.each([
    ['nothing', ''],
    ['a part of the headers', `GET /${SECRET} HTTP/1.1\r\n`],
    [
      'a part of the body',
      `POST /graphql HTTP/1.1\r\n${HOST}\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n${SECRET}`,
    ],
  ])('with a 408, where it does not come in time: %s', async (_, text) => {
    const { port } = await serving(50);
    expect(read(await sendRaw(port, text))).toEqual(refused(408));
  });
});

/** What every refused request is answered with. */
const refused = (status: number) => ({
  status,
  headers: expect.objectContaining({
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': expect.stringContaining("default-src 'none'"),
    date: expect.stringMatching(/ GMT$/),
    connection: 'close',
  }),
  length: expect.any(Number),
  errors: [{ message: expect.stringMatching(/^Expected .+, got .+\. .+\.$/), extensions: { code: 'BAD_USER_INPUT' } }],
});

function read(text: string) {
  const { status, headers, body } = parseAnswer(text);
  expect(body).not.toContain('zhangsan');
  const length = Number(headers['content-length']);
  expect(Buffer.byteLength(body)).toBe(length);
  return { status, headers, length, ...JSON.parse(body) };
}

it('an answer that has begun is not broken by what comes after its request', async () => {
  const { port } = await serving();
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write(rawRequest('GET /health', [HOST]).replace('Connection: close\r\n', ''));
  await expect.poll(() => String(Buffer.concat(chunks))).toContain('{"status":"ok"}');
  socket.write('no HTTP\r\n\r\n');
  await once(socket, 'close');
  const [first = '', second = ''] = String(Buffer.concat(chunks)).split('{"status":"ok"}');
  expect(parseAnswer(`${first}{"status":"ok"}`)).toMatchObject({ status: 200, body: '{"status":"ok"}' });
  expect(read(second)).toEqual(refused(400));
});

it('a client that resets its connection harms nothing', async () => {
  const { port } = await serving();
  const socket = connect(port, '127.0.0.1', () => {
    socket.write('GET /health HT');
    socket.resetAndDestroy();
  });
  await once(socket, 'close');
  expect(parseAnswer(await sendRaw(port, rawRequest('GET /health', [HOST]))).status).toBe(200);
});
