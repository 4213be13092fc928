import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isLoopbackHost } from '../../../src/http/callers/caller.ts';
import { createServer } from '../../../src/http/server.ts';
import { gatewayWithSandbox } from '../../support/gateway-with-sandbox.ts';

/** A request as a browser sends it that was told a name for 127.0.0.1. */
async function statusFor(port: number, host: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const body = '{"query":"{ user(key: \\"7000000000000000001\\") { nameEn } }"}';
    const headers = { host, 'content-type': 'application/json' };
    const sent = httpRequest({ host: '127.0.0.1', port, path, method: path === '/graphql' ? 'POST' : 'GET', headers });
    sent.on('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject);
    sent.end(path === '/graphql' ? body : undefined);
  });
}

async function listening(auth: Parameters<typeof gatewayWithSandbox>[0]) {
  const { gateway, upstreamCalls } = await gatewayWithSandbox(auth);
  await gateway.whenReady;
  const server = createServer(gateway);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, gateway, upstreamCalls };
}

describe('AUTH=none on a loopback address', () => {
  it.each(['127.0.0.1', 'localhost', 'LOCALHOST:80', 'app.localhost', '[::1]:4000', '127.1.2.3'])(
    'answers requests for %s',
    async (host) => {
      const { port } = await listening({ gateway: { auth: { kind: 'none' } } });
      expect(await statusFor(port, host, '/graphql')).toBe(200);
    },
  );

  it.each(['/graphql', '/health', '/readiness'])(
    'refuses %s for the name of another site, which can make it mean 127.0.0.1 (DNS rebinding)',
    async (path) => {
      const { port, gateway, upstreamCalls } = await listening({ gateway: { auth: { kind: 'none' } } });
      for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', 'evil.example:4000']) {
        expect(await statusFor(port, host, path)).toBe(403);
      }
      // An address without its brackets is no Host.
      expect(await statusFor(port, '::1', path)).toBe(400);
      expect((await gateway.fetch(new Request(`http://evil.example${path}`))).status).toBe(403);
      expect(upstreamCalls()).toEqual([]);
    },
  );

  it.each(['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'])(
    'refuses what a proxy passes on, from wherever: the header %s',
    async (name) => {
      const { port, gateway } = await listening({ gateway: { auth: { kind: 'none' } } });
      const passedOn = { headers: { [name]: '203.0.113.7' } };
      expect((await fetch(`http://127.0.0.1:${port}/health`, passedOn)).status).toBe(403);
      expect((await gateway.fetch(new Request('http://127.0.0.1/health', passedOn))).status).toBe(403);
    },
  );

  it('is what a library user gets who says nothing about callers', async () => {
    const { port } = await listening({ gateway: { auth: undefined } });
    expect(await statusFor(port, 'evil.example', '/graphql')).toBe(403);
  });
});

describe('elsewhere', () => {
  it('any name is answered where callers are authenticated, or the sandbox serves a network', async () => {
    const { port } = await listening({ gateway: { auth: { kind: 'none', hosts: 'any' } } });
    expect(await statusFor(port, 'gateway.example', '/graphql')).toBe(200);
  });

  it('nothing but names of this machine count as such', () => {
    expect(['', '0.0.0.0', '128.0.0.1', 'localhost.', '127.0.0.1.', 'x127.0.0.1'].filter(isLoopbackHost)).toEqual([]);
  });
});
