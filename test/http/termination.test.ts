import { once } from 'node:events';
import { request } from 'node:http';
import { expect, it } from 'vitest';
import { createServer, drain, listen } from '../../src/http/server.ts';
import type { GatewayEvent } from '../../src/telemetry/events.ts';
import { gatewayWithSandbox } from '../support/gateway-with-sandbox.ts';
import { keptLog } from '../support/kept-log.ts';

const JSON_BODY = { 'content-type': 'application/json' };
const naming = (key: string) => JSON.stringify({ query: `{ user(key: "${key}") { key } }` });

const sent = (events: readonly GatewayEvent[]) =>
  events.reduce((sum, event) => sum + (event.type === 'batch' ? event.identifiers : 0), 0);

/** A gateway that listens, with its log. */
async function listening(fastPath: boolean) {
  const { log, entries, lines } = keptLog('info');
  const harness = await gatewayWithSandbox({ gateway: { log, fastPath, auth: { kind: 'none' } } });
  await harness.gateway.whenReady;
  const server = createServer(harness.gateway);
  const url = await listen(server, { host: '127.0.0.1', port: 0, portSetting: 'PORT' });
  const ask = (key: string) => {
    const client = request(`${url}/graphql`, { method: 'POST', headers: JSON_BODY });
    client.on('error', () => {});
    client.end(naming(key));
    return client;
  };
  return { ...harness, server, ask, entries, requests: () => lines('request') };
}

it.each([true, false])(
  'requests that do not finish before the end of the shutdown are logged as TERMINATED, and counted (fastPath: %s)',
  async (fastPath) => {
    const { gateway, server, sandbox, ask, entries, requests, events } = await listening(fastPath);
    for (let n = 0; n < 2; n++) await once(ask('7000000000000000001'), 'response');
    sandbox.faults.start({ name: 'hang' });
    for (const key of ['7000000000000000002', '7000000000000000003']) ask(key);
    await expect.poll(() => sent(events)).toBe(3);
    entries.length = 0;
    gateway.beginShutdown();
    await drain(server, { delayMs: 0, graceMs: 0, onCut: gateway.beginTermination });
    await gateway.dispose();
    const fields = { endpoint: 'graphql', method: 'POST', outcome: 'TERMINATED', caller: 'anonymous' };
    expect(requests()).toMatchObject([{ fields }, { fields }]);
    for (const { fields: told } of requests()) expect(told).not.toHaveProperty('status');
    expect(
      entries.filter(({ level }) => level === 'warn').map(({ message, fields: told }) => ({ message, told })),
    ).toEqual([{ message: 'Requests in flight were terminated at shutdown.', told: { requestsTerminated: 2 } }]);
  },
);
