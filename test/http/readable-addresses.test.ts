import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { close, createServer, listen } from '../../src/http/server.ts';
import { apiKeyOf, gatewayForKeys } from '../support/callers.ts';

/** Sends these bytes as they are. @returns all that comes back. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.end(text));
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
  });
}

/** What a gateway on a port of its own answers to these bytes. */
async function answerTo(text: string): Promise<string> {
  const { gateway } = await gatewayForKeys([apiKeyOf('k')]);
  const server = createServer(gateway);
  onTestFinished(() => close(server, 0));
  const url = await listen(server, { host: '127.0.0.1', port: 0, portSetting: 'PORT' });
  return raw(Number(new URL(url).port), text);
}

it.each([
  ['[', '/graphql'],
  ['a b', '/graphql'],
  ['%', '/health'],
  ['localhost:99999', '/graphql'],
  ['localhost', 'http://[/graphql'],
  ['localhost', '@['],
  ['localhost', '*'],
  ['localhost', '//[/%00'],
])(
  'a request for the host %o and the target %o is answered without a stack and without a 500',
  async (host, target) => {
    const method = target === '*' ? 'OPTIONS' : 'GET';
    const answer = await answerTo(`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(answer).not.toMatch(/ {4}at |node_modules|TypeError/);
  },
);

it('a request that is refused before anything else has the headers of every answer', async () => {
  const answer = (await answerTo('GET /graphql HTTP/1.1\r\nHost: [\r\nConnection: close\r\n\r\n')).toLowerCase();
  expect(answer).toContain("content-security-policy: default-src 'none'");
  expect(answer).toContain('x-content-type-options: nosniff');
  expect(answer).toContain('cache-control: no-store');
});
