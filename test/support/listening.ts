import { Agent } from 'node:http';
import { onTestFinished } from 'vitest';
import type { GatewayOptions } from '../../src/gateway-options.ts';
import { createServer, listen } from '../../src/http/server.ts';
import type { Sent } from '../http/fast-path/requests.ts';
import { gatewayWithSandbox } from './gateway-with-sandbox.ts';
import { answerOf } from './wire.ts';

export type Asked = Pick<Sent, 'method' | 'path' | 'headers' | 'body' | 'isChunked'>;

const JSON_TYPE = { 'content-type': 'application/json' };

/** A POST to `/graphql`, as clients send it. */
export const posted = (body: unknown, headers: Record<string, string> = {}): Asked => ({
  method: 'POST',
  path: '/graphql',
  // The form of answer in which a refusal has a status of its own.
  headers: { ...JSON_TYPE, accept: 'application/graphql-response+json', ...headers },
  body: JSON.stringify(body),
  isChunked: false,
});

/** A gateway with the fast path, on a port of 127.0.0.1. */
export async function listening(options: Partial<GatewayOptions>) {
  const harness = await gatewayWithSandbox({ gateway: { auth: { kind: 'none' }, fastPath: true, ...options } });
  await harness.gateway.whenReady;
  const server = createServer(harness.gateway);
  const url = await listen(server, { host: '127.0.0.1', port: 0, portSetting: 'PORT' });
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => {
    agent.destroy();
    server.closeAllConnections();
    server.close();
  });
  const wire = { port: Number(new URL(url).port), agent, tokens: new Map<string, string>() };
  return { ...harness, server, url, send: (asked: Asked) => answerOf(wire, asked) };
}
