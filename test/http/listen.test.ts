import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { close, createServer, listen } from '../../src/http/server.ts';
import { gatewayWithSandbox, UNASKED } from '../support/gateway-with-sandbox.ts';

it('a port that is taken is told in plain words, with the setting to change', async () => {
  const other = createHttpServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  await expect(listen(createHttpServer(), { host: '127.0.0.1', port, portSetting: 'PORT' })).rejects.toThrow(
    `Cannot listen on 127.0.0.1:${port}: another program listens there. Set PORT to a free port.`,
  );
});

it('a request in flight is finished before the server closes', async () => {
  const { gateway } = await gatewayWithSandbox({ sandbox: { latencyMs: 200 } });
  await gateway.whenReady;
  const server = createServer(gateway);
  const url = await listen(server, { host: '127.0.0.1', port: 0, portSetting: 'PORT' });
  const answer = fetch(`${url}/graphql?query={user(key:"7000000000000000001"){nameEn}}`, { headers: UNASKED });
  await once(server, 'request');
  await close(server, 5_000);
  expect(await (await answer).json()).toEqual({ data: { user: { nameEn: 'Zhang San' } } });
});

it('idle connections are kept for longer than balancers keep theirs', async () => {
  const { gateway } = await gatewayWithSandbox();
  const server = createServer(gateway);
  onTestFinished(() => close(server, 0));
  const url = await listen(server, { host: '127.0.0.1', port: 0, portSetting: 'PORT' });
  expect((await fetch(`${url}/health`)).headers.get('keep-alive')).toBe('timeout=75');
});

it('what does not finish in time is cut', async () => {
  const { gateway, sandbox } = await gatewayWithSandbox();
  await gateway.whenReady;
  sandbox.setFault(() => () => {});
  const server = createServer(gateway);
  const url = await listen(server, { host: '127.0.0.1', port: 0, portSetting: 'PORT' });
  const isCut = fetch(`${url}/graphql?query={user(key:"1"){key}}`, { headers: UNASKED }).then(
    () => false,
    () => true,
  );
  await once(server, 'request');
  await close(server, 100);
  expect(await isCut).toBe(true);
});
