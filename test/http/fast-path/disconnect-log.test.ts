import { once } from 'node:events';
import { request, type Server } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { GatewayOptions } from '../../../src/gateway-options.ts';
import { apiKeyOf, bearer, issuerOfTokens, keysAreOld } from '../../support/callers.ts';
import { keptLog } from '../../support/kept-log.ts';
import { listening, posted } from '../../support/listening.ts';

const QUERY = 'query ($keys: [ID!]!) { users(keys: $keys) { key } }';
const naming = (key: string, headers = {}) => posted({ query: QUERY, variables: { keys: [key] } }, headers);
const ACCEPT = naming('').headers.accept;
const withKeys: Partial<GatewayOptions> = { auth: { kind: 'api-key', keys: [apiKeyOf('k')] } };

/** A gateway that knows the document, with what it tells of requests from then on. */
async function knowingTheDocument(options: Partial<GatewayOptions>, headers = {}) {
  const { log, entries, lines } = keptLog('info');
  const harness = await listening({ log, ...options });
  for (let n = 0; n < 2; n++) expect((await harness.send(naming('7000000000000000001', headers))).status).toBe(200);
  entries.length = 0;
  harness.events.length = 0;
  const requests = () => harness.events.filter(({ type }) => type === 'request');
  return { ...harness, requests, line: () => lines('request')[0]?.fields };
}

/** Sends it, or as much of it, and does not wait for the answer. */
function begin(url: string, { method, headers, body = '' }: ReturnType<typeof naming>, bytes = body.length) {
  const client = request(`${url}/graphql`, { method, headers: { ...headers, 'content-length': body.length } });
  client.on('error', () => {});
  client.write(body.slice(0, bytes));
  return client;
}

/** Resolves when the answer of the next request can go nowhere any more. */
const nextClosed = (server: Server): Promise<void> =>
  new Promise((resolve) => void server.once('request', (_, response) => response.once('close', () => resolve())));

describe.each([
  ['the fast path', true],
  ['Yoga', false],
])('the line of a client of %s that hangs up', (_, fastPath) => {
  it('has no status, since no response was sent, and no errors, which the disconnect itself causes', async () => {
    const { url, sandbox, requests, line } = await knowingTheDocument({ fastPath });
    const signals: AbortSignal[] = [];
    sandbox.setFault((call, answer) => {
      signals.push(call.signal);
      return new Promise((resolve) => call.signal.addEventListener('abort', () => resolve(answer())));
    });
    const client = begin(url, naming('7000000000000000002'));
    await expect.poll(() => signals.length).toBe(1);
    client.destroy();
    await expect.poll(requests).toHaveLength(1);
    expect(line()).toMatchObject({
      endpoint: 'graphql',
      outcome: 'CLIENT_DISCONNECTED',
      operation: 'query',
      upstreamCalls: 1,
    });
    expect(line()).not.toHaveProperty('status');
    expect(line()).not.toHaveProperty('errors');
    expect(requests()).toMatchObject([{ endpoint: 'graphql', status: undefined, outcome: 'CLIENT_DISCONNECTED' }]);
  });
  it('is written where the client disconnects in the middle of its body', async () => {
    const { url, server, requests, line } = await knowingTheDocument({ fastPath, ...withKeys }, bearer('k'));
    const closed = nextClosed(server);
    const client = begin(url, naming('7000000000000000002', bearer('k')), 20);
    await once(server, 'request');
    client.destroy();
    await closed;
    await expect.poll(requests).toHaveLength(1);
    expect(line()).toMatchObject({
      endpoint: 'graphql',
      method: 'POST',
      outcome: 'CLIENT_DISCONNECTED',
      caller: 'frontend',
    });
    expect(line()).not.toHaveProperty('status');
  });

  it('is written where the client disconnects while keys are fetched for its token', async () => {
    const { auth, sign, state } = await issuerOfTokens();
    const { url, server, requests, line } = await knowingTheDocument({ fastPath, auth }, bearer(await sign()));
    keysAreOld();
    const fetching = new Promise<() => void>((resolve) => {
      state.onRequest = () => new Promise<void>(resolve);
    });
    const closed = nextClosed(server);
    const client = begin(url, naming('7000000000000000002', bearer(await sign())));
    const send = await fetching;
    client.destroy();
    await closed;
    send();
    await expect.poll(requests).toHaveLength(1);
    expect(line()).toMatchObject({ endpoint: 'graphql', method: 'POST', outcome: 'CLIENT_DISCONNECTED' });
  });
  it('is written for each request of the connection, and the calls of all of them are cancelled', async () => {
    const { url, sandbox, requests } = await knowingTheDocument({ fastPath });
    const signals: AbortSignal[] = [];
    sandbox.setFault((call, answer) => {
      signals.push(call.signal);
      return new Promise((resolve) => call.signal.addEventListener('abort', () => resolve(answer())));
    });
    const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
    for (const n of [2, 3, 4]) {
      const body = String(naming(`700000000000000000${n}`).body);
      const head = `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\naccept: ${ACCEPT}`;
      socket.write(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
      await expect.poll(() => signals.length).toBe(n - 1);
    }
    socket.destroy();
    const disconnected = { outcome: 'CLIENT_DISCONNECTED', usedFastPath: fastPath };
    await expect.poll(requests).toMatchObject([disconnected, disconnected, disconnected]);
    await expect.poll(() => signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
  });
});
