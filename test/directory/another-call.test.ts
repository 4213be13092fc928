import { afterEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '../../src/errors.ts';
import { createRateLimiter } from '../../src/policies/rate-limiter.ts';
import { directoryOnFakeClock, everybody, shown } from '../support/made-up-api.ts';

afterEach(() => {
  vi.useRealTimers();
});

const down = new GatewayError('UPSTREAM_UNAVAILABLE', 'down');

describe('a lookup that needs another call', () => {
  const tokenRefused = new GatewayError('UPSTREAM_UNAUTHENTICATED', 'refused');

  it('is in it once, and resolved, even if a newer lookup of the same user waits for that call', async () => {
    const { directory, calls, pass, context } = directoryOnFakeClock({
      answer: (query, call) => (call === 1 ? { tokenRefused } : everybody(query, call)),
      rateLimiterOf: () => createRateLimiter({ callsPerSecond: 1 }),
    });
    const first = directory.lookup({ kind: 'key', identifiers: ['k1', 'k2'] });
    await pass(10);
    const fresh = directory.lookup({ kind: 'key', identifiers: ['k1', 'k3'], request: context({ bypassCache: true }) });
    await pass(3_000);
    expect([await first, await fresh].map(shown)).toEqual([
      ['k1', 'k2'],
      ['k1', 'k3'],
    ]);
    expect(calls).toHaveLength(2);
    expect(calls[1]?.query.identifiers.toSorted()).toEqual(['k1', 'k2', 'k3']);
  });

  it('stays first in the queue, together with a newer lookup of the same user', async () => {
    const { directory, calls, keys, pass, context } = directoryOnFakeClock({
      answer: (query, call) => (call === 1 ? { tokenRefused } : everybody(query, call)),
      rateLimiterOf: () => createRateLimiter({ callsPerSecond: 1 }),
    });
    void directory.lookup({ kind: 'key', identifiers: ['k1'] });
    await pass(10);
    // Requests take turns, so that more than a call's worth of them goes before the fresh one.
    const others = keys(1_001, 150).map((key) => directory.lookup({ kind: 'key', identifiers: [key] }));
    const fresh = directory.lookup({ kind: 'key', identifiers: ['k1'], request: context({ bypassCache: true }) });
    await pass(5_000);
    expect(shown(await fresh)).toEqual(['k1']);
    expect(await Promise.all(others)).toHaveLength(150);
    const withK1 = calls.flatMap(({ query }, index) => (query.identifiers.includes('k1') ? [index] : []));
    expect(withK1).toEqual([0, 1]);
  });

  it('keeps the error of its first call, together with a newer lookup of the same user: the stale user is served', async () => {
    const state = { isDown: false };
    const { directory, calls, pass, context } = directoryOnFakeClock({
      answer: (query, call) => (state.isDown ? Promise.reject(down) : everybody(query, call)),
      rateLimiterOf: () => createRateLimiter({ callsPerSecond: 1 }),
      cache: { ttlMs: 1_000 },
    });
    void directory.lookup({ kind: 'key', identifiers: ['k1'] });
    await pass(5_000);
    state.isDown = true;
    const first = directory.lookup({ kind: 'key', identifiers: ['k1'], request: context({ timeoutMs: 800 }) });
    await pass(10);
    void directory.lookup({ kind: 'key', identifiers: ['k1'], request: context({ bypassCache: true }) });
    await pass(900);
    expect(shown(await first)).toEqual(['k1']);
    expect(calls).toHaveLength(2);
  });

  it('is coalesced with requests for a user that was forgotten while its first call was in flight', async () => {
    const { directory, calls, pass } = directoryOnFakeClock({
      answer: (query, call) => (call === 1 ? { tokenRefused } : everybody(query, call)),
      rateLimiterOf: () => createRateLimiter({ callsPerSecond: 1 }),
    });
    const first = directory.lookup({ kind: 'key', identifiers: ['k1'] });
    await pass(10);
    directory.forget({ kind: 'key', identifier: 'k1' });
    await pass(100);
    const second = directory.lookup({ kind: 'key', identifiers: ['k1'] });
    await pass(3_000);
    expect([await first, await second].map(shown)).toEqual([['k1'], ['k1']]);
    expect(calls.map(({ query }) => query.identifiers)).toEqual([['k1'], ['k1']]);
  });
});
