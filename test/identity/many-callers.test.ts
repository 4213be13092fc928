import { afterEach, describe, expect, it, vi } from 'vitest';
import { createBatchKey } from '../../src/directory/lookup.ts';
import { UserCache } from '../../src/directory/user-cache.ts';
import { GatewayError } from '../../src/errors.ts';
import { mostInAnySecond } from '../support/in-any-second.ts';
import { directoryOnFakeClock, everybody, personOf, shown, tokenOf } from '../support/made-up-api.ts';

afterEach(() => {
  vi.useRealTimers();
});

const MOST = 20;

/** Callers by number; each asks for one person unless told otherwise. */
function manyCallers(options: Parameters<typeof directoryOnFakeClock>[0] = {}) {
  const harness = directoryOnFakeClock(options);
  const ask = (caller: number | string, identifiers = ['k1'], timeoutMs = 60_000) =>
    harness.directory.lookup({
      kind: 'key',
      identifiers,
      request: harness.context({ userToken: tokenOf(`caller-${caller}`), timeoutMs }),
    });
  const askAll = (from: number, count: number) => Array.from({ length: count }, (_, index) => ask(from + index));
  const callsOf = (caller: number | string) =>
    harness.calls.filter(({ query }) => query.identity === `caller-${caller}`).map(({ at }) => at);
  return { ...harness, ask, askAll, callsOf };
}

describe('1,000 callers', () => {
  it('have lookups in flight at a time by default; the next is OVERLOADED, and all others are resolved', async () => {
    const { ask, askAll, pass, calls } = manyCallers();
    const all = askAll(0, 1_000);
    expect(shown(await ask('next'))).toEqual(['OVERLOADED']);
    expect((await ask('next'))[0]).toMatchObject({ retryAfterMs: 1_000 });
    await pass(1_000);
    for (const [caller, looked] of all.entries()) expect(await looked).toEqual([personOf(1, `caller-${caller}`)]);
    expect(calls).toHaveLength(1_000);
  });
});

describe('as many callers as are kept', () => {
  it('hold up the next for as long as a call of theirs counts against their quota, not longer', async () => {
    const { ask, askAll, pass } = manyCallers({ maxIdentities: MOST });
    void askAll(0, MOST);
    await pass(900);
    expect(shown(await ask('next'))).toEqual(['OVERLOADED']);
    await pass(300);
    const next = ask('next');
    await pass(100);
    expect(shown(await next)).toEqual(['k1']);
  });

  it('come back, once dropped, to a quota as if they had never been there', async () => {
    const { ask, askAll, pass, callsOf } = manyCallers({ maxIdentities: MOST, cache: { ttlMs: 0 } });
    void askAll(0, MOST);
    await pass(2_000);
    // As many again, so that all of the first are dropped; then the first are back.
    void askAll(MOST, MOST);
    await pass(2_000);
    const back = ask(0);
    await pass(100);
    expect(shown(await back)).toEqual(['k1']);
    expect(callsOf(0)).toHaveLength(2);
  });

  it('lose no lookup that is queued or in flight, however many others come and go', async () => {
    let calls = 0;
    const { ask, keys, askAll, pass } = manyCallers({
      maxIdentities: MOST,
      latencyMs: () => (calls++ === 0 ? 20_000 : 20),
    });
    const slow = ask('slow');
    const long = ask('long', keys(1, 5_000));
    for (let round = 0; round < 4; round++) {
      void askAll(round * MOST, MOST - 2);
      await pass(1_500);
    }
    await pass(30_000);
    expect(shown(await slow)).toEqual(['k1']);
    expect(shown(await long)).toEqual(keys(1, 5_000).map((key, index) => ((index + 1) % 7 === 0 ? null : key)));
  });

  it('cannot exceed the quota of a token by being dropped in between', async () => {
    const { ask, askAll, keys, pass, callsOf } = manyCallers({ maxIdentities: MOST, cache: { ttlMs: 0 } });
    for (let round = 0; round < 6; round++) {
      void ask('eager', keys(round * 1_000, 900));
      await pass(350);
      void askAll(round * MOST, MOST);
      await pass(350);
    }
    expect(callsOf('eager').length).toBeGreaterThan(40);
    expect(mostInAnySecond(callsOf('eager'))).toBeLessThanOrEqual(15);
  });

  it('cannot shorten a pause that the user API asked for by being dropped in between', async () => {
    const busy = new GatewayError('UPSTREAM_RATE_LIMITED', 'busy', { retryAfterMs: 10_000 });
    const { ask, askAll, pass, callsOf } = manyCallers({
      maxIdentities: MOST,
      answer: (query, call) => (query.identity === 'caller-busy' ? Promise.reject(busy) : everybody(query, call)),
    });
    // Whoever cannot wait is told at once: from here on nothing of it is queued.
    const hasty = ask('busy', ['k1'], 5_000);
    await pass(100);
    expect(shown(await hasty)).toEqual(['UPSTREAM_RATE_LIMITED']);
    for (let round = 0; round < 3; round++) {
      void askAll(round * MOST, MOST);
      await pass(1_500);
    }
    void ask('busy', ['k2']);
    await pass(4_000);
    expect(callsOf('busy')).toHaveLength(1);
  });
});

describe('over all callers', () => {
  it('QUEUE_LIMIT lookups may be queued, over all callers', async () => {
    const { ask, keys, pass } = manyCallers({ queueLimit: 500 });
    const first = ask('a', keys(1, 400));
    expect(new Set(shown(await ask('b', keys(1, 400))))).toEqual(new Set(['OVERLOADED']));
    await pass(5_000);
    expect(shown(await first)).not.toContain('OVERLOADED');
  });

  it('CACHE_ENTRIES users are cached, over all callers', () => {
    const cache = new UserCache({ maxEntries: 10 }, () => 0);
    for (const identity of ['a', 'b', 'c']) {
      for (let n = 1; n <= 6; n++) cache.set(createBatchKey(identity, 'key'), `k${n}`, personOf(n), 0);
    }
    expect(cache.size).toBe(10);
  });

  it('one who asks for much does not hold up another: each has a quota', async () => {
    const { ask, keys, pass } = manyCallers();
    void ask('greedy', keys(1, 5_000));
    await pass(500);
    const modest = ask('modest');
    await pass(50);
    expect(shown(await modest)).toEqual(['k1']);
  });
});
