import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createServer, listen } from '../../../src/http/server.ts';
import { type GraphQLAnswer, gatewayWithSandbox, post, UNASKED } from '../../support/gateway-with-sandbox.ts';

const TOO_LARGE = {
  message: 'The body of a request may have at most 1048576 bytes; this one has more. Split the operation.',
  extensions: { code: 'BAD_USER_INPUT' },
};
const CHUNK = Buffer.alloc(65_536, 'x');

/** A body of unknown length, in chunks of 64 KiB. `sent` tells how many were asked for. */
function chunks(count: number) {
  const state = { sent: 0 };
  const body = new ReadableStream({
    pull(controller) {
      if (state.sent++ < count) controller.enqueue(CHUNK);
      else controller.close();
    },
  });
  return { body, state };
}

const streamed = (url: string, body: ReadableStream) =>
  // The types of the DOM do not know `duplex`.
  ({ url, init: { method: 'POST', headers: JSON_BODY, body, duplex: 'half' } as RequestInit });
const JSON_BODY = { 'content-type': 'application/json' };

async function listening() {
  const harness = await gatewayWithSandbox();
  const server = createServer(harness.gateway);
  onTestFinished(() => void server.close());
  const url = await listen(server, { host: '127.0.0.1', port: 0, portSetting: 'PORT' });
  return { ...harness, url: `${url}/graphql`, port: Number(new URL(url).port) };
}

async function shown(response: Response): Promise<{ status: number; answer: GraphQLAnswer }> {
  return { status: response.status, answer: await response.json() };
}

describe('a body over 1 MiB is refused', () => {
  it('100,000 e-mails get a 413 with one error, and no call', async () => {
    const { gateway, upstreamCalls } = await gatewayWithSandbox();
    const emails = Array.from({ length: 100_000 }, (_, n) => `u${n}@a.b`);
    const query = 'query ($emails: [String!]!) { usersByEmail(emails: $emails) { key } }';
    const response = await post(gateway, { query, variables: { emails } });
    expect(await shown(response)).toEqual({ status: 413, answer: { errors: [TOO_LARGE] } });
    expect(upstreamCalls()).toEqual([]);
  });

  it('which is 1,048,576 bytes to the byte', async () => {
    const { gateway } = await gatewayWithSandbox();
    const empty = { query: '{ __typename }', variables: { a: '' } };
    const padded = (bytes: number) => ({
      ...empty,
      variables: { a: 'x'.repeat(bytes - JSON.stringify(empty).length) },
    });
    expect((await post(gateway, padded(1_048_576))).status).toBe(200);
    expect((await post(gateway, padded(1_048_577))).status).toBe(413);
  });

  it('while it comes in, where its length is not known before', async () => {
    const { gateway } = await gatewayWithSandbox();
    const { body, state } = chunks(1_000);
    const { url, init } = streamed('http://gateway.test/graphql', body);
    expect(await shown(await gateway.fetch(new Request(url, init)))).toEqual({
      status: 413,
      answer: { errors: [TOO_LARGE] },
    });
    expect(state.sent).toBeLessThan(25);
  });

  it('by the Node server as well, with a length and without', async () => {
    const { url } = await listening();
    const whole = await fetch(url, { method: 'POST', headers: JSON_BODY, body: Buffer.alloc(2_000_000, 'x') });
    expect(await shown(whole)).toEqual({ status: 413, answer: { errors: [TOO_LARGE] } });
    const { init } = streamed(url, chunks(40).body);
    expect(await shown(await fetch(url, init))).toEqual({ status: 413, answer: { errors: [TOO_LARGE] } });
  });

  it('and its connection closed: the Node server does not read on', async () => {
    const { port } = await listening();
    const socket = connect(port, '127.0.0.1');
    let [received, sent] = ['', 0];
    const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
    socket
      .on('error', () => {})
      .on('data', (data) => {
        received += String(data);
      });
    socket.write('POST /graphql HTTP/1.1\r\nhost: gateway.test\r\n');
    socket.write('content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n');
    const endless = setInterval(() => {
      if (socket.writableNeedDrain || !socket.writable) return;
      sent += CHUNK.length;
      socket.write(`10000\r\n${CHUNK.toString()}\r\n`);
    }, 1);
    await closed;
    clearInterval(endless);
    expect(received).toContain('HTTP/1.1 413');
    expect(received.toLowerCase()).toContain('connection: close');
    expect(sent).toBeLessThan(10_000_000);
  });
});

it('MAX_BODY_BYTES sets another size', async () => {
  const { gateway } = await gatewayWithSandbox({ gateway: { maxBodyBytes: 100 } });
  expect((await post(gateway, { query: '{ __typename }' })).status).toBe(200);
  const response = await post(gateway, { query: `{ __typename } # ${'.'.repeat(100)}` });
  expect(response.status).toBe(413);
  expect((await response.json()).errors[0].message).toContain('at most 100 bytes');
});

it('a compressed body is refused: 1 MB of it can be 1 GB', async () => {
  const { gateway } = await gatewayWithSandbox();
  const response = await post(gateway, { query: '{ __typename }' }, { 'content-encoding': 'gzip' });
  expect(response.headers.get('accept-encoding')).toBe('identity');
  expect(await shown(response)).toEqual({
    status: 415,
    answer: {
      errors: [
        {
          message: 'Expected a body that is not compressed. Send it without content-encoding.',
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ],
    },
  });
});

const ACCEPTED = ['application/graphql-response+json', 'application/json'];

describe.each(ACCEPTED)('what is no request gets a code, and is not repeated in the answer, as %s', (accept) => {
  const body = (type: string, text: string) =>
    new Request('http://gateway.test/graphql', {
      method: 'POST',
      headers: { 'content-type': type, accept, ...UNASKED },
      body: text,
    });

  it.each([
    ['a body that is not JSON', body('application/json', '{"secret": secret')],
    ['a body that is no object', body('application/json', '"secret"')],
    ['variables of a form that are not JSON', body('application/x-www-form-urlencoded', 'query={a}&variables=secret')],
    [
      'variables in the address that are not JSON',
      new Request('http://gateway.test/graphql?query={a}&variables=secret', {
        headers: { accept, ...UNASKED },
      }),
    ],
  ])('%s', async (_, request) => {
    const { gateway } = await gatewayWithSandbox();
    const { status, answer } = await shown(await gateway.fetch(request));
    expect(status).toBe(400);
    expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(JSON.stringify(answer)).not.toContain('secret');
  });

  it('nor is it repeated by the Node server, whose JSON errors quote the whole body', async () => {
    const { url } = await listening();
    const response = await fetch(url, { method: 'POST', headers: JSON_BODY, body: `{"secret": ${'x'.repeat(1_000)}` });
    expect(await response.json()).toEqual({
      errors: [{ message: expect.stringContaining('got what is no JSON'), extensions: { code: 'BAD_USER_INPUT' } }],
    });
  });
});
