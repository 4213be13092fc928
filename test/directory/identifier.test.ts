import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { normalize } from '../../src/directory/identifiers.ts';
import { createUserLoaders } from '../../src/directory/loaders.ts';
import { decodeUser, type LarkUser } from '../../src/upstream/lark-user.ts';
import { directoryOnFakeClock } from '../support/made-up-api.ts';

afterEach(() => {
  vi.useRealTimers();
});

it.each([
  ['Kate@Example.COM', 'kate@example.com'],
  ['RENÉ@example.com', 'rené@example.com'],
  [' kate@example.com ', 'kate@example.com'],
  ['rene\u0301@example.com', 'RENÉ@example.com'],
  ['kate@münchen.example', 'kate@xn--mnchen-3ya.example'],
  ['kate@MU\u0308NCHEN.Example', 'kate@XN--MNCHEN-3YA.example'],
  ['rene\u0301@straße.münchen.example', 'RENÉ@xn--strae-oqa.xn--mnchen-3ya.example'],
  ['ka\u0301te@例え.example', 'KÁTE@xn--r8jz45g.example'],
])('%s is the same address as %s', (one, other) => {
  expect(normalize('email', one)).toBe(normalize('email', other));
});

it.each([
  ['the sign for Kelvin', '\u212Aate@example.com', 'kate@example.com'],
  ['the sign for Kelvin in a domain', 'a@\u212Aelvin.example', 'a@kelvin.example'],
  ['the Greek question mark', 'a\u037Eé@example.com', 'a;é@example.com'],
  ['fullwidth letters in a domain', 'a@\uFF45xample.com', 'a@example.com'],
  ['a slash behind a domain', 'a@münchen/x', 'a@münchen'],
  ['punycode before the @', 'xn--mnchen-3ya@example.com', 'münchen@example.com'],
  ['a compatible form (NFKC)', '\uFB01n@example.com', 'fin@example.com'],
])('%s makes another address', (_, one, other) => {
  expect(normalize('email', one)).not.toBe(normalize('email', other));
});

it('normalizing an address is independent of its Unicode form, and idempotent', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 }).map((drawn) => drawn.replace(/[\u212a\u037e\u1fef]/g, ''));
  fc.assert(
    fc.property(text, text, (name, domain) => {
      const address = `${name}@${domain}.example`;
      const id = normalize('email', address);
      expect(normalize('email', id)).toBe(id);
      expect(normalize('email', address.normalize('NFC'))).toBe(id);
      expect(normalize('email', address.normalize('NFD'))).toBe(id);
    }),
    { numRuns: 2_000, seed: 20261130 },
  );
});

it.each(['key', 'outId'] as const)('a %s is compared as it is', (kind) => {
  expect(normalize(kind, 'rene\u0301')).not.toBe(normalize(kind, 'ren\u00e9'));
});

it('a letter that only becomes another one in lower case makes another address: neither hides nor shows the other', async () => {
  const kate = decodeUser({ user_key: 'k1', email: 'kate@example.com' }) as LarkUser;
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
  const { directory, pass, context } = directoryOnFakeClock();
  for (const order of [
    ['', undefined],
    [undefined, ''],
  ]) {
    const loaders = createUserLoaders(directory, context());
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
