import { expect, it } from 'vitest';
import { listening, posted } from '../../support/listening.ts';
import { usedFastPath } from './response.ts';

const key = '7000000000000000001';

const documentOf = (query: string) =>
  posted({ query, operationName: query.includes('query A') ? 'A' : undefined, variables: { key } });

async function gateway(options = {}) {
  const { send, events } = await listening(options);
  const ask = async (query: string) => {
    const { status, body } = await send(documentOf(query));
    return { status, body: JSON.parse(body.toString()) };
  };
  return { ask, events };
}

it('the fast path answers an operation that only looks users up the first time it is seen', async () => {
  const { ask, events } = await gateway();
  expect(await ask('query ($key: ID!) { user(key: $key) { key } }')).toEqual({
    status: 200,
    body: { data: { user: { key } } },
  });
  expect(usedFastPath(events)).toBe(true);
});

it.each([
  ['that does not parse', 'query ($key: ID!) { user(key: $key) { key }'],
  ['that is not valid', 'query ($key: ID!) { user(key: $key) { key age } }'],
  [
    'over a limit',
    `query ($key: ID!) { ${Array.from({ length: 65 }, (_, n) => `u${n}: user(key: $key) { key }`).join(' ')} }`,
  ],
])('Yoga rejects a document %s, each time it is sent', async (_, query) => {
  const { ask, events } = await gateway();
  const first = await ask(query);
  expect(first).toMatchObject({ status: 400, body: { errors: [{ message: expect.any(String) }] } });
  expect(await ask(query)).toEqual(first);
  expect(usedFastPath(events)).toBe(false);
});

it('a document that asks for the hidden schema beside users is rejected, each time it is sent', async () => {
  const { ask } = await gateway({ introspection: false });
  const query = 'query A($key: ID!) { user(key: $key) { key } } query B { __schema { description } }';
  for (let n = 0; n < 2; n++) expect(await ask(query)).toMatchObject({ status: 400 });
});
