import { expect, it } from 'vitest';
import { listening, posted } from '../../support/listening.ts';
import { usedFastPath } from './response.ts';

const QUERY = 'query ($keys: [ID!]!) { users(keys: $keys) { key nameCn } }';

it.each([
  ['short', 1],
  ['long', 100],
])('the content-length of a %s response with Chinese names is its length in bytes', async (_, count) => {
  const { send, sandbox, events } = await listening({ cache: { ttlMs: 0, negativeTtlMs: 0 } });
  const people = sandbox.people.slice(0, count);
  const asked = posted({ query: QUERY, variables: { keys: people.map(({ user_key }) => user_key) } });
  // The first is answered by Yoga. By the last the rows of the user API are known, and so are the texts that are read of them.
  for (let n = 0; n < 3; n++) {
    events.length = 0;
    const { status, headers, body } = await send(asked);
    expect(status).toBe(200);
    expect(JSON.parse(body.toString())).toEqual({
      data: { users: people.map(({ user_key: key, name_cn }) => ({ key, nameCn: name_cn || null })) },
    });
    expect(Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]))).toMatchObject({
      'content-length': String(body.length),
    });
  }
  expect(people.some(({ name_cn }) => /[^ -~]/.test(name_cn ?? ''))).toBe(true);
  expect(usedFastPath(events)).toBe(true);
});
