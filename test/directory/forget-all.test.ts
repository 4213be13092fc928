import { afterEach, expect, it, vi } from 'vitest';
import { directoryOnFakeClock, personOf } from '../support/made-up-api.ts';

afterEach(() => {
  vi.useRealTimers();
});

it('forgetting all users empties the cache, and results of earlier calls are neither cached nor shared', async () => {
  const { directory, context, pass, calls } = directoryOnFakeClock();
  const lookup = async (n: number) => {
    await pass(1);
    const found = directory.lookup({ kind: 'key', identifiers: [`k${n}`], request: context() });
    await pass(200);
    expect(await found).toEqual([personOf(n)]);
    return calls.length;
  };
  await lookup(1);
  const waiting = directory.lookup({ kind: 'key', identifiers: ['k2', 'k3'], request: context() });
  await pass(10);
  expect(calls).toHaveLength(2);
  directory.forgetAll();
  expect(directory.state().cacheEntries).toBe(0);
  expect(await lookup(2)).toBe(3);
  expect(await waiting).toEqual([personOf(2), personOf(3)]);
  expect(await lookup(3)).toBe(4);
  expect(await lookup(1)).toBe(5);
  expect(await lookup(3)).toBe(5);
});
