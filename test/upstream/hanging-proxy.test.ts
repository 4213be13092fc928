import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { createCancel } from '../../src/policies/cancel.ts';
import { createTransport } from '../../src/upstream/transport.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** A server that is closed with the test, and its address. */
async function serve(server: ReturnType<typeof createServer>): Promise<AddressInfo> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => server.close().closeAllConnections());
  return server.address() as AddressInfo;
}

it('a proxy that hung holds no connection for long: once it is well again, calls are answered', async () => {
  const api = await serve(createServer((_, response) => response.end('well')));
  let isHanging = true;
  const proxy = createServer().on('connect', (_, socket) => {
    onTestFinished(() => void socket.destroy());
    if (isHanging) return;
    const onward = connect(api.port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    onward.pipe(socket.on('error', () => {})).pipe(onward.on('error', () => {}));
  });
  const { port } = await serve(proxy);
  const transport = createTransport({
    baseUrl: `http://127.0.0.1:${api.port}`,
    proxy: { httpProxy: `http://127.0.0.1:${port}` },
    maxConnections: 1,
  });
  onTestFinished(() => transport.close());

  const cancel = createCancel();
  const asked = once(proxy, 'connect');
  const given = transport.postJson('/', {}, {}, cancel.signal);
  const [, hanging] = await asked;
  cancel.abort(new Error('out of time'));
  await expect(given).rejects.toThrow('out of time');

  isHanging = false;
  const isLetGo = once(hanging, 'end');
  hanging.resume();
  await vi.advanceTimersByTimeAsync(12_000);
  await isLetGo;
  const { body } = await transport.postJson('/', {}, {}, createCancel().signal);
  expect(body.toString()).toBe('well');
});
