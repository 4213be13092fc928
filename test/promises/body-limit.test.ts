import { expect, it, onTestFinished } from 'vitest';
import { createServer, listen } from '../../src/http/server.ts';
import { quickGateway, ZHANG_SAN } from '../faults/strike.ts';
import { parseAnswer, rawRequest, sendRaw } from '../support/raw-http.ts';

const MAX_BODY_BYTES = 4_096;
const OPERATION = JSON.stringify({ query: `{ user(key: "${ZHANG_SAN}") { nameEn } }` });

/** Sends the operation, with spaces around it up to this length, over a socket. */
async function serving(): Promise<(bytes: number) => Promise<{ status: number; body: string }>> {
  const { gateway } = await quickGateway({ maxBodyBytes: MAX_BODY_BYTES });
  const server = createServer(gateway);
  const url = await listen(server, { host: '127.0.0.1', port: 0, portSetting: 'PORT' });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port, host } = new URL(url);
  const headers = [`Host: ${host}`, 'Content-Type: application/json'];
  return async (bytes) =>
    parseAnswer(await sendRaw(Number(port), rawRequest('POST /graphql', headers, OPERATION.padEnd(bytes))));
}

it.each([
  ['a known document', 2],
  ['a document that the gateway has not seen before', 0],
])('%s in a body of MAX_BODY_BYTES is answered with 200, and with one byte more with 413', async (_, timesBefore) => {
  const post = await serving();
  // The second time by the fast path.
  for (let times = 0; times < timesBefore; times++) expect((await post(OPERATION.length)).status).toBe(200);
  const tooLong = await post(MAX_BODY_BYTES + 1);
  expect(tooLong.status).toBe(413);
  expect(JSON.parse(tooLong.body).errors).toHaveLength(1);
  const exact = await post(MAX_BODY_BYTES);
  expect(exact.status).toBe(200);
  expect(JSON.parse(exact.body)).toEqual({ data: { user: { nameEn: 'Zhang San' } } });
  expect((await post(MAX_BODY_BYTES + 1)).status).toBe(413);
});
