import { afterEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '../../src/errors.ts';
import { createRateLimiter } from '../../src/policies/rate-limiter.ts';
import { type Answering, directoryOnFakeClock, everybody, shown } from '../support/made-up-api.ts';

afterEach(() => {
  vi.useRealTimers();
});

const down = new GatewayError('UPSTREAM_UNAVAILABLE', 'down');
const outage =
  (isOver: () => boolean): Answering =>
  (query, call) =>
    isOver() ? everybody(query, call) : Promise.reject(down);

describe('stale users', () => {
  const withStale = (answer: Answering) =>
    directoryOnFakeClock({ answer, cache: { ttlMs: 1_000 }, retry: { maxAttempts: 1 } });

  it('are served while the user API is down, and counted', async () => {
    const state = { isOver: true };
    const { directory, pass, context } = withStale(outage(() => state.isOver));
    void directory.lookup({ kind: 'key', identifiers: ['k1'] });
    await pass(2_000);
    state.isOver = false;
    const request = context();
    const looked = directory.lookup({ kind: 'key', identifiers: ['k1', 'k2'], request: request });
    await pass(100);
    expect(shown(await looked)).toEqual(['k1', 'UPSTREAM_UNAVAILABLE']);
    expect(request.receipt.stale).toBe(1);
  });

  it('are served after a second where the user API does not answer', async () => {
    const latency = { ms: 20 };
    const { directory, pass } = directoryOnFakeClock({ latencyMs: () => latency.ms, cache: { ttlMs: 1_000 } });
    void directory.lookup({ kind: 'key', identifiers: ['k1'] });
    await pass(2_000);
    latency.ms = 5_000;
    const looked = directory.lookup({ kind: 'key', identifiers: ['k1'] });
    await pass(1_100);
    expect(shown(await looked)).toEqual(['k1']);
  });

  it('are served after a second where a pause is over, but its queue is not', async () => {
    const busy = new GatewayError('UPSTREAM_RATE_LIMITED', 'busy', { retryAfterMs: 900 });
    const state = { isBusy: false };
    const { directory, pass, keys } = directoryOnFakeClock({
      cache: { ttlMs: 1_000 },
      answer: (query, call) => (state.isBusy ? Promise.reject(busy) : everybody(query, call)),
    });
    void directory.lookup({ kind: 'key', identifiers: ['k1'] });
    await pass(3_000);
    state.isBusy = true;
    void directory.lookup({ kind: 'key', identifiers: keys(101, 1_000) });
    await pass(50);
    state.isBusy = false;
    for (const tenantKey of ['t1', 't2', 't3', 't4', 't5', 't6', 't7', 't8']) {
      void directory.lookup({ kind: 'email', identifiers: ['p1@example.com'], tenantKey });
    }
    const answered = vi.fn<(people: unknown) => void>();
    void directory
      .lookup({ kind: 'outId', identifiers: ['on_1'] })
      .then(shown)
      .then(answered);
    await pass(1_100);
    expect(answered).toHaveBeenCalledWith(['k1']);
  });

  it.each(['UPSTREAM_FORBIDDEN', 'UPSTREAM_UNAUTHENTICATED'] as const)(
    'are not served after %s: access may have been withdrawn',
    async (code) => {
      const state = { isOver: true };
      const { directory, pass } = withStale((query, call) =>
        state.isOver ? everybody(query, call) : Promise.reject(new GatewayError(code, 'no')),
      );
      void directory.lookup({ kind: 'key', identifiers: ['k1'] });
      await pass(2_000);
      state.isOver = false;
      const looked = directory.lookup({ kind: 'key', identifiers: ['k1'] });
      await pass(100);
      expect(shown(await looked)).toEqual([code]);
    },
  );

  it('are not served for ever, nor as "not found", nor to a request that bypasses the cache', async () => {
    const state = { isOver: true };
    const { directory, pass, context } = directoryOnFakeClock({
      answer: outage(() => state.isOver),
      cache: { ttlMs: 1_000, negativeTtlMs: 1_000, staleMs: 10_000 },
      retry: { maxAttempts: 1 },
    });
    void directory.lookup({ kind: 'key', identifiers: ['k1', 'k7'] });
    await pass(2_000);
    state.isOver = false;
    const looked = directory.lookup({ kind: 'key', identifiers: ['k7'] });
    const fresh = directory.lookup({ kind: 'key', identifiers: ['k1'], request: context({ bypassCache: true }) });
    await pass(100);
    expect(shown([...(await looked), ...(await fresh)])).toEqual(['UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE']);
    await pass(10_000);
    const late = directory.lookup({ kind: 'key', identifiers: ['k1'] });
    await pass(100);
    expect(shown(await late)).toEqual(['UPSTREAM_UNAVAILABLE']);
  });

  it('are not served after a refusal that came while they were waited for', async () => {
    const state = { isOver: true };
    const { directory, pass } = withStale(async (query, call) => {
      if (state.isOver) return everybody(query, call);
      if (query.identifiers.includes('k2')) throw new GatewayError('UPSTREAM_FORBIDDEN', 'no');
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      throw down;
    });
    void directory.lookup({ kind: 'key', identifiers: ['k1'] });
    await pass(2_000);
    state.isOver = false;
    const known = directory.lookup({ kind: 'key', identifiers: ['k1'] });
    await pass(200);
    void directory.lookup({ kind: 'key', identifiers: ['k2'] });
    await pass(6_000);
    expect(shown(await known)).toEqual(['UPSTREAM_UNAVAILABLE']);
  });

  it('are served after a second even while a lookup that bypasses the cache is queued', async () => {
    const state = { isSlow: false };
    const { directory, pass, context } = directoryOnFakeClock({
      cache: { ttlMs: 1_000 },
      rateLimiterOf: () => createRateLimiter({ callsPerSecond: 1 }),
      async answer(query, call) {
        if (state.isSlow) await new Promise((resolve) => setTimeout(resolve, 30_000));
        return everybody(query, call);
      },
    });
    void directory.lookup({ kind: 'key', identifiers: ['k1'] });
    await pass(5_000);
    state.isSlow = true;
    const answered = vi.fn<(people: unknown) => void>();
    void directory
      .lookup({ kind: 'key', identifiers: ['k1'] })
      .then(shown)
      .then(answered);
    await pass(100);
    void directory.lookup({ kind: 'outId', identifiers: ['on_2'] });
    void directory.lookup({ kind: 'email', identifiers: ['p2@example.com'] });
    const fresh = context({ bypassCache: true, timeoutMs: 60_000 });
    void directory.lookup({ kind: 'key', identifiers: ['k1'], request: fresh });
    await pass(1_000);
    expect(answered).toHaveBeenCalledWith(['k1']);
  });
});
