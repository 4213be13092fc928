import { afterEach, expect, it, vi } from 'vitest';
import { comparable } from '../../src/directory/identifier.ts';
import { createUserLoaders } from '../../src/directory/loaders.ts';
import { decodePerson, type Person } from '../../src/upstream/person.ts';
import { directoryOnFakeClock } from '../support/made-up-api.ts';

afterEach(() => {
  vi.useRealTimers();
});

it.each([
  ['Kate@Example.COM', 'kate@example.com'],
  ['RENÉ@example.com', 'rené@example.com'],
  [' kate@example.com ', 'kate@example.com'],
])('%s is the same address as %s', (one, other) => {
  expect(comparable('email', one)).toBe(comparable('email', other));
});

it('a letter that only becomes another one in lower case makes another address: neither hides nor shows the other', async () => {
  const kate = decodePerson({ user_key: 'k1', email: 'kate@example.com' }) as Person;
  const { directory, calls, pass } = directoryOnFakeClock({
    answer: ({ identifiers }) => ({ people: identifiers.includes('kate@example.com') ? [kate] : [], malformedRows: 0 }),
  });
  const withKelvin = '\u212Aate@example.com';
  const one = directory.lookup({ kind: 'email', identifiers: [withKelvin, 'kate@example.com'] });
  const other = directory.lookup({ kind: 'email', identifiers: ['kate@example.com'] });
  await pass(100);
  expect(await one).toEqual([null, expect.objectContaining({ key: 'k1' })]);
  expect(await other).toEqual([expect.objectContaining({ key: 'k1' })]);
  expect(calls.map(({ query }) => query.identifiers)).toEqual([[withKelvin, 'kate@example.com']]);
  const later = directory.lookup({ kind: 'email', identifiers: [withKelvin, 'kate@example.com'] });
  await pass(100);
  expect(await later).toEqual([null, expect.objectContaining({ key: 'k1' })]);
});

it('an empty tenant is refused at its own field, whichever comes first', async () => {
  const { directory, pass, ticket } = directoryOnFakeClock();
  for (const order of [
    ['', undefined],
    [undefined, ''],
  ]) {
    const loaders = createUserLoaders(directory, ticket());
    const loads = order.map((tenantKey) => [tenantKey, loaders.of('email', tenantKey).load('p1@example.com')] as const);
    const settled = Promise.allSettled(loads.map(([, load]) => load));
    await pass(100);
    const told = (await settled).map((one) => (one.status === 'fulfilled' ? one.value?.key : one.reason.code));
    expect(told).toEqual(order.map((tenantKey) => (tenantKey === '' ? 'BAD_USER_INPUT' : 'k1')));
  }
});

it.each([Number.POSITIVE_INFINITY, 3_000_000_000])('a request may take %d ms', async (requestTimeoutMs) => {
  const { directory, pass } = directoryOnFakeClock({ requestTimeoutMs });
  const looked = directory.lookup({ kind: 'key', identifiers: ['k1'] });
  await pass(1_000);
  expect(await looked).toEqual([expect.objectContaining({ key: 'k1' })]);
});
