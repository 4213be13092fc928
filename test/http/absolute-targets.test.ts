import { expect, it } from 'vitest';
import { listening, posted } from '../support/listening.ts';
import { usedFastPath } from './fast-path/response.ts';

const KEY = '7000000000000000001';
const usual = posted({ query: 'query ($key: ID!) { user(key: $key) { key } }', variables: { key: KEY } });
const health = { method: 'GET', headers: {}, body: undefined, isChunked: false };

it('an absolute target is answered as its path is, cached document or not', async () => {
  const { send, events } = await listening({});
  for (let n = 0; n < 3; n++) {
    const { status, body } = await send({ ...usual, path: 'http://localhost:4711/graphql' });
    expect({ status, body: String(body) }).toEqual({ status: 200, body: `{"data":{"user":{"key":"${KEY}"}}}` });
  }
  expect(usedFastPath(events)).toBe(true);
  expect((await send({ ...health, path: 'HTTP://localhost/health' })).status).toBe(200);
  expect((await send({ ...health, path: 'http://localhost/nowhere?then=/health' })).status).toBe(404);
});

it('the host of an absolute target counts, not the header Host', async () => {
  const { send } = await listening({});
  expect((await send({ ...health, path: 'http://evil.example/health' })).status).toBe(403);
  const headers = { host: 'evil.example' };
  expect((await send({ ...health, headers, path: '/health' })).status).toBe(403);
  expect((await send({ ...health, headers, path: 'http://localhost/health' })).status).toBe(200);
});

it.each([
  ['ftp://localhost/health', 'Expected a path'],
  ['http://[/health', 'Expected a Host'],
])('a target that is neither absolute nor a path is refused: %s', async (path, message) => {
  const { send } = await listening({});
  const { status, body } = await send({ ...health, path, headers: { host: 'localhost' } });
  expect(status).toBe(400);
  expect(String(body)).toContain(message);
});
