import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { FIRST, openSandbox } from './sandbox-client.ts';

/** One request as it stands, and the reply. */
function exchange(url: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let reply = '';
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text)).setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      reply += chunk;
    });
    socket.on('end', () => resolve(reply)).on('error', reject);
  });
}

const request = (line: string, headers: readonly string[], body = '') =>
  [`${line} HTTP/1.1`, ...headers, `content-length: ${Buffer.byteLength(body)}`, 'connection: close', '', body].join(
    '\r\n',
  );
const statusOf = (reply: string) => Number(reply.split(' ', 2)[1]);
const JSON_TYPE = 'content-type: application/json';
const FAULT = JSON.stringify({ name: 'error' });

const CONTROL: readonly (readonly [line: string, body: string])[] = [
  ['GET /', ''],
  ['GET /_sandbox', ''],
  ['GET /_sandbox?x=1', ''],
  ['GET /_sandbox/calls', ''],
  ['DELETE /_sandbox/calls', ''],
  ['GET /_sandbox/faults', ''],
  ['POST /_sandbox/faults', FAULT],
  ['DELETE /_sandbox/faults', ''],
  ['POST /_sandbox/user_tokens', JSON.stringify({ user_key: FIRST })],
  ['DELETE /_sandbox/user_tokens', JSON.stringify({ token: 'u-1' })],
  ['GET /_sandbox/unknown', ''],
];

describe('the control API of the sandbox', () => {
  it.each(CONTROL)(
    '%s is rejected for the Host of another site (DNS rebinding), and does nothing',
    async (line, body) => {
      const { sandbox } = await openSandbox();
      sandbox.faults.start({ name: 'latency', ms: 0 });
      for (const host of [
        'evil.example',
        'evil.example:80',
        '127.0.0.1.evil.example',
        'localhost.evil.example',
        '10.0.0.1',
      ]) {
        const reply = await exchange(sandbox.url, request(line, [`host: ${host}`, JSON_TYPE], body));
        expect(statusOf(reply)).toBe(403);
        expect(reply).toContain('Expected a Host of this machine, got another. Use localhost, 127.0.0.1 or [::1].');
        expect(reply).not.toContain('sandbox-secret');
      }
      expect(sandbox.faults.list()).toMatchObject([{ name: 'latency', isOn: true }]);
    },
  );

  it.each(['localhost', 'LOCALHOST:4100', 'sandbox.localhost:4100', '127.0.0.1', '127.9.9.9:4100', '[::1]:4100'])(
    'takes a request for the Host %s',
    async (host) => {
      const { sandbox } = await openSandbox();
      expect(
        statusOf(await exchange(sandbox.url, request('POST /_sandbox/faults', [`host: ${host}`, JSON_TYPE], FAULT))),
      ).toBe(200);
    },
  );

  it.each([
    ['text/plain'],
    ['text/plain; x=application/json'],
    ['application/x-www-form-urlencoded'],
    ['multipart/form-data; boundary=x'],
    [undefined],
  ])('rejects a POST of the content type %s, which a page of another site may send', async (type) => {
    const { sandbox } = await openSandbox();
    const headers = ['host: 127.0.0.1', ...(type === undefined ? [] : [`content-type: ${type}`])];
    for (const [path, body] of [
      ['/_sandbox/faults', FAULT],
      ['/_sandbox/user_tokens', JSON.stringify({ user_key: FIRST })],
    ] as const) {
      const reply = await exchange(sandbox.url, request(`POST ${path}`, headers, body));
      expect(statusOf(reply)).toBe(415);
      expect(reply).toContain('Expected the content type application/json, got ');
    }
    expect(sandbox.faults.list()).toEqual([]);
  });

  it.each(['APPLICATION/JSON', 'application/json; charset=utf-8'])('takes a POST of %s', async (type) => {
    const { sandbox } = await openSandbox();
    const headers = ['host: 127.0.0.1', `content-type: ${type}`];
    expect(statusOf(await exchange(sandbox.url, request('POST /_sandbox/faults', headers, FAULT)))).toBe(200);
  });

  it('answers no preflight request, so that a browser sends nothing else', async () => {
    const { sandbox } = await openSandbox();
    const headers = ['host: 127.0.0.1', 'origin: https://evil.example', 'access-control-request-method: POST'];
    const reply = await exchange(sandbox.url, request('OPTIONS /_sandbox/faults', headers));
    expect(statusOf(reply)).toBe(405);
    expect(reply.toLowerCase()).not.toContain('access-control-allow');
  });
});

it('the user API and pictures are served for any Host: other containers know the sandbox by a name', async () => {
  const { sandbox, newToken } = await openSandbox();
  const headers = ['host: sandbox:4100', JSON_TYPE, `x-plugin-token: ${await newToken()}`];
  const body = JSON.stringify({ user_keys: [FIRST] });
  expect(statusOf(await exchange(sandbox.url, request('POST /open_api/user/query', headers, body)))).toBe(200);
  const picture = request(`GET /_sandbox/avatars/${FIRST}.svg`, ['host: sandbox:4100']);
  expect(statusOf(await exchange(sandbox.url, picture))).toBe(200);
});
