import { afterEach, describe, expect, it, vi } from 'vitest';
import type { GatewayError } from '../../src/errors.ts';
import { createRateLimiter } from '../../src/policies/rate-limiter.ts';
import { directoryOnFakeClock, shown } from '../support/made-up-api.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('what cannot be served in time', () => {
  it('is refused at once, with the time after which to come back', async () => {
    const { directory, keys, pass, context } = directoryOnFakeClock();
    void directory.lookup({ kind: 'key', identifiers: keys(1, 1_000) });
    const results = await directory.lookup({
      kind: 'key',
      identifiers: keys(2_000, 1_000),
      request: context({ timeoutMs: 900 }),
    });
    expect(new Set(shown(results))).toEqual(new Set(['OVERLOADED']));
    expect((results[0] as GatewayError).retryAfterMs).toBeGreaterThan(100);
    expect(performance.now()).toBe(0);
    await pass(1_000);
  });

  it('is a whole new request, never a part of one that was accepted', async () => {
    const { directory, keys, pass } = directoryOnFakeClock({ queueLimit: 1_000 });
    const first = directory.lookup({ kind: 'key', identifiers: keys(1, 500) });
    const second = directory.lookup({ kind: 'key', identifiers: keys(1_001, 500) });
    const third = await directory.lookup({ kind: 'key', identifiers: keys(2_001, 500) });
    expect(new Set(shown(third))).toEqual(new Set(['OVERLOADED']));
    await pass(2_000);
    expect(shown([...(await first), ...(await second)])).not.toContain('OVERLOADED');
  });

  it('leaves nothing behind, and later requests are served', async () => {
    const { directory, keys, pass } = directoryOnFakeClock({ queueLimit: 300 });
    for (let n = 0; n < 50; n++) void directory.lookup({ kind: 'key', identifiers: keys(n * 100, 100) });
    await pass(2_000);
    const later = directory.lookup({ kind: 'key', identifiers: keys(20_000, 300) });
    await pass(1_000);
    expect(shown(await later)).not.toContain('OVERLOADED');
  });
});

describe('the deadline of a request', () => {
  it('while its lookups are queued is OVERLOADED, and they are not sent any more', async () => {
    // A rate limiter that promises a permit at once and never grants one: estimates can be wrong.
    const never = { ...createRateLimiter(), waitMs: () => 60_000, estimateMs: () => 0 };
    const { directory, calls, pass, context } = directoryOnFakeClock({ rateLimiterOf: () => never });
    const hasty = directory.lookup({ kind: 'key', identifiers: ['k1'], request: context({ timeoutMs: 200 }) });
    await pass(200);
    expect(shown(await hasty)).toEqual(['OVERLOADED']);
    await pass(120_000);
    expect(calls).toEqual([]);
  });

  it('after they were sent is UPSTREAM_TIMEOUT, and the call is aborted when no other request waits', async () => {
    const { directory, calls, pass, context } = directoryOnFakeClock({ latencyMs: () => 1_000 });
    const hasty = directory.lookup({ kind: 'key', identifiers: ['k1'], request: context({ timeoutMs: 100 }) });
    await pass(100);
    expect(shown(await hasty)).toEqual(['UPSTREAM_TIMEOUT']);
    expect(calls[0]?.signal?.aborted).toBe(true);
    const next = directory.lookup({ kind: 'key', identifiers: ['k1'] });
    await pass(2_000);
    expect(shown(await next)).toEqual(['k1']);
  });

  it('does not fail a request for the same user just when the call is aborted', async () => {
    const { directory, pass, context } = directoryOnFakeClock();
    const client = new AbortController();
    void directory.lookup({ kind: 'key', identifiers: ['k1'], request: context({ signal: client.signal }) });
    await pass(10);
    client.abort();
    const next = directory.lookup({ kind: 'key', identifiers: ['k1'] });
    await pass(200);
    expect(shown(await next)).toEqual(['k1']);
  });

  it('of one of two does not touch the other', async () => {
    const { directory, calls, pass, context } = directoryOnFakeClock({ latencyMs: () => 1_000 });
    const hasty = directory.lookup({ kind: 'key', identifiers: ['k1'], request: context({ timeoutMs: 100 }) });
    const patient = directory.lookup({ kind: 'key', identifiers: ['k1', 'k2'] });
    await pass(2_000);
    expect(shown([...(await hasty), ...(await patient)])).toEqual(['UPSTREAM_TIMEOUT', 'k1', 'k2']);
    expect(calls).toHaveLength(1);
  });

  it('does not matter to a client that disconnects: its lookups leave the queue', async () => {
    const { directory, calls, keys, pass, context } = directoryOnFakeClock();
    const client = new AbortController();
    void directory.lookup({ kind: 'key', identifiers: keys(1, 1_000), request: context({ signal: client.signal }) });
    await pass(100);
    const sent = calls.length;
    client.abort();
    await pass(5_000);
    expect(calls.length).toBe(sent);
  });
});
