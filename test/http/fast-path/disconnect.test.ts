import { request } from 'node:http';
import { expect, it } from 'vitest';
import { listening, posted } from '../../support/listening.ts';
import { usedFastPath } from './response.ts';

const QUERY = 'query ($keys: [ID!]!) { users(keys: $keys) { key } }';
const naming = (key: string) => posted({ query: QUERY, variables: { keys: [key] } });

it('a call that only a disconnected client waits for is cancelled, on the fast path as well', async () => {
  const { url, send, sandbox, events } = await listening({});
  for (let n = 0; n < 2; n++) expect((await send(naming('7000000000000000001'))).status).toBe(200);
  const signals: AbortSignal[] = [];
  sandbox.setFault((call, answer) => {
    signals.push(call.signal);
    return new Promise((resolve) => call.signal.addEventListener('abort', () => resolve(answer())));
  });
  events.length = 0;
  const { method, headers, body } = naming('7000000000000000002');
  const client = request(`${url}/graphql`, { method, headers }).on('error', () => {});
  client.end(body);
  await expect.poll(() => signals.length).toBe(1);
  client.destroy();
  await expect.poll(() => signals[0]?.aborted).toBe(true);
  await expect
    .poll(() => events.filter(({ type }) => type === 'request'))
    .toMatchObject([{ outcome: 'CLIENT_DISCONNECTED' }]);
  expect(events).toContainEqual(expect.objectContaining({ type: 'upstream-call', outcome: 'cancelled' }));
  expect(usedFastPath(events)).toBe(true);
});
