import { afterEach, describe, expect, it, vi } from 'vitest';
import type { LookupResult } from '../../src/directory/lookup.ts';
import { GatewayError } from '../../src/errors.ts';
import { type Answering, directoryOnFakeClock, everybody, shown } from '../support/made-up-api.ts';

afterEach(() => {
  vi.useRealTimers();
});

const down = new GatewayError('UPSTREAM_UNAVAILABLE', 'down');
const refused = new GatewayError('UPSTREAM_REJECTED', 'malformed', { upstream: { code: 20006 } });
const outage =
  (isOver: () => boolean): Answering =>
  (query, call) =>
    isOver() ? everybody(query, call) : Promise.reject(down);

describe('a pause that is longer than they can wait', () => {
  const longPause = new GatewayError('UPSTREAM_RATE_LIMITED', 'busy', { retryAfterMs: 30_000 });

  it('also fails lookups that wait for another call, and those coalesced with them', async () => {
    const { directory, pass, resultsAfter } = directoryOnFakeClock({
      retry: { random: () => 0.999, baseMs: 500 },
      answer: (query, call) => (call > 2 ? everybody(query, call) : Promise.reject(call === 1 ? down : longPause)),
    });
    const first = directory.lookup({ kind: 'key', identifiers: ['k1'] });
    await pass(50);
    void directory.lookup({ kind: 'key', identifiers: ['k2'] });
    await pass(100);
    const joined = directory.lookup({ kind: 'key', identifiers: ['k1'] });
    expect(shown(await resultsAfter(600, first))).toEqual(['UPSTREAM_RATE_LIMITED']);
    expect(shown(await resultsAfter(0, joined))).toEqual(['UPSTREAM_RATE_LIMITED']);
  });

  it('also fails lookups that wait for a bisection', async () => {
    const keys = ['k1', 'k2', 'k3', 'k4', 'k5', 'k6'];
    const { directory, resultsAfter } = directoryOnFakeClock({
      answer(query, call) {
        if (call === 3) return Promise.reject(longPause);
        return query.identifiers.includes('k1') ? Promise.reject(refused) : everybody(query, call);
      },
    });
    const list = directory.lookup({ kind: 'key', identifiers: keys });
    const results = shown(await resultsAfter(3_000, list));
    expect(results).not.toContain('UPSTREAM_REJECTED');
    expect(results).toContain('UPSTREAM_RATE_LIMITED');
  });
});

describe('an outage', () => {
  it('that passes is not seen: the call is made again', async () => {
    const { directory, calls, resultsAfter } = directoryOnFakeClock({
      answer: (query, call) => outage(() => call > 2)(query, call),
    });
    const looked = directory.lookup({ kind: 'key', identifiers: ['k1', 'k2'] });
    expect(shown(await resultsAfter(1_000, looked))).toEqual(['k1', 'k2']);
    expect(calls).toHaveLength(3);
  });

  it('that lasts costs a bounded number of calls, then none at all while the breaker is open', async () => {
    const { directory, calls, pass, resultsAfter } = directoryOnFakeClock({
      answer: () => Promise.reject(down),
      breaker: { failures: 10 },
    });
    for (let n = 1; n <= 200; n++) {
      void directory.lookup({ kind: 'key', identifiers: [`k${n}`] });
      await pass(10);
    }
    expect(calls.length).toBeLessThanOrEqual(14);
    const [refusal] = await resultsAfter(0, directory.lookup({ kind: 'key', identifiers: ['k900'] }));
    expect(refusal).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', retryAfterMs: expect.any(Number) });
  });

  it('ends by itself: the breaker lets one call try, and closes', async () => {
    const state = { isOver: false };
    const { directory, pass, resultsAfter } = directoryOnFakeClock({
      answer: outage(() => state.isOver),
      breaker: { failures: 1 },
      retry: { maxAttempts: 1 },
    });
    void directory.lookup({ kind: 'key', identifiers: ['k1'] });
    await pass(100);
    state.isOver = true;
    await pass(2_000);
    const again = directory.lookup({ kind: 'key', identifiers: ['k1'] });
    expect(shown(await resultsAfter(100, again))).toEqual(['k1']);
  });

  it('that is over is so for the whole of a list: its other calls wait for the one that tries', async () => {
    const state = { isDown: true };
    const { directory, keys, pass, resultsAfter } = directoryOnFakeClock({
      breaker: { failures: 2, halfOpenAfterMs: 500 },
      retry: { maxAttempts: 1 },
      answer: outage(() => !state.isDown),
    });
    void directory.lookup({ kind: 'key', identifiers: ['k1'] });
    void directory.lookup({ kind: 'email', identifiers: ['p1@example.com'] });
    await pass(100);
    state.isDown = false;
    await pass(2_000);
    const list = directory.lookup({ kind: 'key', identifiers: keys(1, 300) });
    expect(shown(await resultsAfter(1_000, list))).not.toContain('UPSTREAM_UNAVAILABLE');
  });

  it('is over for a request at its deadline, with the reason of the last failure', async () => {
    const { directory, resultsAfter, context } = directoryOnFakeClock({
      answer: () => Promise.reject(down),
      retry: { baseMs: 100_000, random: () => 0.99 },
    });
    const looked = directory.lookup({ kind: 'key', identifiers: ['k1'], request: context({ timeoutMs: 1_500 }) });
    expect(shown(await resultsAfter(2_000, looked))).toEqual(['UPSTREAM_UNAVAILABLE']);
  });
});

describe('one malformed identifier among 100', () => {
  const poisoned: Answering = (query, call) =>
    query.identifiers.includes('k37') ? Promise.reject(refused) : everybody(query, call);

  it('is found by halving: it alone is refused, the 99 others are answered', async () => {
    const { directory, calls, keys, resultsAfter } = directoryOnFakeClock({ answer: poisoned });
    const looked = directory.lookup({ kind: 'key', identifiers: keys(1, 100) });
    const results = shown(await resultsAfter(9_000, looked));
    expect(results.filter((code) => code === 'UPSTREAM_REJECTED')).toHaveLength(1);
    expect(results[36]).toBe('UPSTREAM_REJECTED');
    expect(results[0]).toBe('k1');
    expect(calls.length).toBeLessThanOrEqual(21);
  });

  it('is cached for a minute, and affects no other call meanwhile', async () => {
    const { directory, calls, pass, resultsAfter } = directoryOnFakeClock({ answer: poisoned });
    void directory.lookup({ kind: 'key', identifiers: ['k37'] });
    await pass(100);
    const later = directory.lookup({ kind: 'key', identifiers: ['k37', 'k1'] });
    expect(shown(await resultsAfter(100, later))).toEqual(['UPSTREAM_REJECTED', 'k1']);
    expect(calls.map(({ query }) => query.identifiers)).toEqual([['k37'], ['k1']]);
    await pass(60_000);
    void directory.lookup({ kind: 'key', identifiers: ['k37'] });
    await pass(100);
    expect(calls).toHaveLength(3);
  });

  it('among many others cannot use up the quota: past the budget the rest are refused', async () => {
    const { directory, calls, keys, resultsAfter } = directoryOnFakeClock({ answer: () => Promise.reject(refused) });
    const looked = directory.lookup({ kind: 'key', identifiers: keys(1, 100) });
    expect(new Set(shown(await resultsAfter(20_000, looked)))).toEqual(new Set(['UPSTREAM_REJECTED']));
    expect(calls.length).toBeLessThanOrEqual(21);
  });
});

describe('a pause that outlasts the deadline', () => {
  it('fails at once also a lookup that a newer one of the same user has superseded', async () => {
    const busy = new GatewayError('UPSTREAM_RATE_LIMITED', 'busy', { retryAfterMs: 3_600_000 });
    const { directory, pass, context } = directoryOnFakeClock({ answer: () => Promise.reject(busy) });
    const told: LookupResult[] = [];
    const ask = (bypassCache: boolean) =>
      directory
        .lookup({ kind: 'key', identifiers: ['k1'], request: context({ bypassCache }) })
        .then((results) => told.push(...results));
    void ask(false);
    await pass(5);
    void ask(true);
    await pass(100);
    expect(shown(told)).toEqual(['UPSTREAM_RATE_LIMITED', 'UPSTREAM_RATE_LIMITED']);
  });
});
