import { once } from 'node:events';
import type { RequestListener, Server, ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { type ClientTimes, createServer } from '../../src/http/server.ts';

const REQUEST = 'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n';

/** A server that gives its clients so long, and one of them, which reads nothing by itself. */
async function serving(requestListener: RequestListener, times: Partial<ClientTimes>) {
  const server = createServer({ requestListener }, { checkMs: 5, ...times });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
  socket.on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
    server.close().closeAllConnections();
  });
  return { server, socket };
}

/** What the client gets until its connection ends. */
async function read(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return String(Buffer.concat(chunks));
}

async function answering(server: Server): Promise<ServerResponse> {
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  return response;
}

it.each([
  ['a body', `${REQUEST}1`],
  ['a head', REQUEST.slice(0, 20)],
  ['nothing at all', ''],
])('whoever sends a part of a request and no more gets a 408: of %s', async (_, part) => {
  const { socket } = await serving((request) => void request.resume(), { requestMs: 20 });
  socket.write(part);
  expect(await read(socket)).toMatch(/^HTTP\/1\.1 408 /);
});

it('whoever does not take an answer has the connection closed', async () => {
  const { server, socket } = await serving((_, response) => response.end(Buffer.alloc(50_000_000)), { unreadMs: 20 });
  socket.write(`${REQUEST}12`);
  await once(await answering(server), 'close');
  expect((await read(socket)).length).toBeLessThan(50_000_000);
});

it('whoever waits for an answer does not, however long that takes', async () => {
  const { server, socket } = await serving(() => {}, { unreadMs: 1, requestMs: 20 });
  socket.write(`${REQUEST}12`);
  const response = await answering(server);
  // Another that stands still is closed meanwhile.
  const other = connect((server.address() as AddressInfo).port, '127.0.0.1');
  expect(await read(other)).toContain('408');
  response.end('here');
  await expect.poll(() => String(socket.read() ?? '')).toContain('here');
});

it('the usual times are 30 s for a request, and 75 s for a connection without one', () => {
  const { requestTimeout, headersTimeout, keepAliveTimeout, timeout } = createServer({ requestListener() {} });
  expect({ requestTimeout, headersTimeout, keepAliveTimeout, timeout }).toEqual({
    requestTimeout: 30_000,
    headersTimeout: 30_000,
    keepAliveTimeout: 75_000,
    timeout: 0,
  });
});
