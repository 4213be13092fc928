import { afterEach, describe, expect, it, vi } from 'vitest';
import { directoryOnFakeClock, idOf, shown } from '../support/made-up-api.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('joining', () => {
  it('makes one call for ten requests of the same hundred users, cold', async () => {
    const { directory, sizes, keys, pass } = directoryOnFakeClock();
    const requests = Array.from({ length: 10 }, () => directory.lookup({ kind: 'key', identifiers: keys(1, 100) }));
    await pass(100);
    expect(new Set((await Promise.all(requests)).map((results) => shown(results).join())).size).toBe(1);
    expect(sizes()).toEqual([100]);
  });

  it('batches lookups of different requests of one turn of the event loop in one call', async () => {
    const { directory, calls, pass } = directoryOnFakeClock();
    const all = [1, 2, 3].map((n) => directory.lookup({ kind: 'key', identifiers: [idOf.key(n)] }));
    await pass(50);
    expect(shown((await Promise.all(all)).flat())).toEqual(['k1', 'k2', 'k3']);
    expect(calls.map(({ query }) => query.identifiers)).toEqual([['k1', 'k2', 'k3']]);
  });

  it('joins an identifier that is on its way already', async () => {
    const { directory, calls, pass, context } = directoryOnFakeClock();
    const first = directory.lookup({ kind: 'key', identifiers: ['k1'] });
    await pass(10);
    const rider = context();
    const second = directory.lookup({ kind: 'key', identifiers: ['k1'], request: rider });
    await pass(50);
    expect(shown([...(await first), ...(await second)])).toEqual(['k1', 'k1']);
    expect(calls).toHaveLength(1);
    expect(rider.receipt).toEqual({
      upstreamCalls: 0,
      identifiersSent: 0,
      cacheHits: 0,
      joined: 1,
      stale: 0,
      waitedMs: 0,
    });
  });

  it('coalesces a request that bypasses the cache with a call that has not left, but not with one that has', async () => {
    const { directory, calls, pass, context } = directoryOnFakeClock();
    const fresh = () => directory.lookup({ kind: 'key', identifiers: ['k1'], request: context({ bypassCache: true }) });
    void directory.lookup({ kind: 'key', identifiers: ['k1'] });
    void fresh();
    await pass(10);
    expect(calls).toHaveLength(1);
    void fresh();
    await pass(10);
    expect(calls).toHaveLength(2);
  });

  it('sends full lists of 100 straight out', async () => {
    const { directory, sizes, keys, pass } = directoryOnFakeClock();
    void directory.lookup({ kind: 'key', identifiers: keys(1, 250) });
    await pass(0);
    expect(sizes()).toEqual([100, 100, 50]);
  });

  it('fills batches while they wait for a permit', async () => {
    const { directory, sizes, pass } = directoryOnFakeClock();
    for (let n = 1; n <= 300; n++) {
      void directory.lookup({ kind: 'key', identifiers: [idOf.key(n)] });
      await pass(2);
    }
    await pass(500);
    expect(sizes().length).toBeLessThanOrEqual(14);
    expect(sizes().reduce((sum, size) => sum + size)).toBe(300);
  });
});
