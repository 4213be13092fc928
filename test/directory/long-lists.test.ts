import { afterEach, describe, expect, it, vi } from 'vitest';
import { createRateLimiter } from '../../src/policies/rate-limiter.ts';
import type { GatewayEvent } from '../../src/telemetry/events.ts';
import { directoryOnFakeClock, shown } from '../support/made-up-api.ts';

afterEach(() => {
  vi.useRealTimers();
});

const here = (keys: readonly string[]) => keys.map((key) => (Number(key.slice(1)) % 7 === 0 ? null : key));
/** So that lookups queue, and their order shows. */
const oneCallASecond = () => ({ rateLimiterOf: () => createRateLimiter({ callsPerSecond: 1 }) });

describe('a list of hundreds', () => {
  it('is split into full calls in its order, and one more for the rest', async () => {
    const { directory, calls, keys, pass } = directoryOnFakeClock();
    const looked = directory.lookup({ kind: 'key', identifiers: keys(1, 250) });
    await pass(100);
    expect(shown(await looked)).toEqual(here(keys(1, 250)));
    expect(calls.map(({ query }) => query.identifiers)).toEqual([keys(1, 100), keys(101, 100), keys(201, 50)]);
  });

  it('counts each identifier in receipts, metrics and state', async () => {
    const events: GatewayEvent[] = [];
    const { directory, keys, pass, context } = directoryOnFakeClock({
      telemetry: (event) => events.push(event),
      ...oneCallASecond(),
    });
    const own = context();
    void directory.lookup({ kind: 'key', identifiers: [...keys(1, 230), 'k1'], request: own });
    expect(directory.state().lookupsQueued).toBe(230);
    expect(own.queued).toBe(230);
    await pass(500);
    expect(directory.state().lookupsQueued).toBe(130);
    expect(own.queued).toBe(130);
    await pass(3_000);
    expect(directory.state().lookupsQueued).toBe(0);
    expect(own.receipt).toMatchObject({ upstreamCalls: 3, identifiersSent: 230, joined: 0, cacheHits: 0 });
    expect(own.receipt.waitedMs).toBeGreaterThanOrEqual(2_000);
    expect(events.find(({ type }) => type === 'lookups')).toMatchObject({ queued: 230, coalesced: 0, shed: 0 });
    expect(events.filter(({ type }) => type === 'batch')).toMatchObject([
      { identifiers: 100, refreshedAhead: 0 },
      { identifiers: 100, refreshedAhead: 0 },
      { identifiers: 30, refreshedAhead: 0 },
    ]);
    expect(events.filter(({ type }) => type === 'lookup-results')).toMatchObject([{ found: 198, notFound: 32 }]);
  });

  it('shares each call with other lists of its kind, in equal parts', async () => {
    const { directory, calls, keys, pass } = directoryOnFakeClock(oneCallASecond());
    for (const first of [1, 1_001, 2_001]) void directory.lookup({ kind: 'key', identifiers: keys(first, 200) });
    await pass(6_500);
    expect(calls).toHaveLength(6);
    const listOf = (identifier: string) => Math.floor(Number(identifier.slice(1)) / 1_000);
    for (const { query } of calls.slice(0, 5)) {
      const shares = [0, 1, 2].map((list) => query.identifiers.filter((one) => listOf(one) === list).length);
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
    }
  });

  it('does not hold up a single lookup, which is in the next call', async () => {
    const { directory, calls, keys, pass } = directoryOnFakeClock(oneCallASecond());
    const lists = [1, 1_001].map((first) => directory.lookup({ kind: 'key', identifiers: keys(first, 300) }));
    await pass(500);
    const single = directory.lookup({ kind: 'key', identifiers: ['k9001'] });
    await pass(1_000);
    expect(shown(await single)).toEqual(['k9001']);
    expect(calls).toHaveLength(2);
    await pass(6_000);
    expect((await Promise.all(lists)).map(shown)).toEqual([here(keys(1, 300)), here(keys(1_001, 300))]);
    expect(calls.flatMap(({ query }) => query.identifiers)).toHaveLength(601);
    expect(calls).toHaveLength(7);
  });
});

describe('a user in a list of hundreds', () => {
  it.each(['before it leaves', 'while it is in flight'])(
    'is not looked up twice for who asks for them %s',
    async (when) => {
      const { directory, calls, keys, pass, context } = directoryOnFakeClock({
        latencyMs: () => 300,
        ...oneCallASecond(),
      });
      if (when === 'before it leaves') void directory.lookup({ kind: 'key', identifiers: ['k9001'] });
      await pass(100);
      const list = directory.lookup({ kind: 'key', identifiers: keys(1, 100) });
      await pass(100);
      const own = context();
      const joined = directory.lookup({ kind: 'key', identifiers: ['k50', 'k99'], request: own });
      await pass(4_000);
      expect(shown(await joined)).toEqual(['k50', 'k99']);
      expect(shown(await list)).toEqual(here(keys(1, 100)));
      expect(own.receipt.joined).toBe(2);
      const sent = calls.flatMap(({ query }) => query.identifiers);
      expect(sent.length).toBe(new Set(sent).size);
    },
  );

  it('is not looked up twice for another list, whose other identifiers are in full calls', async () => {
    const { directory, calls, keys, pass } = directoryOnFakeClock({ latencyMs: () => 300 });
    const one = directory.lookup({ kind: 'key', identifiers: keys(1, 200) });
    await pass(100);
    const other = directory.lookup({ kind: 'key', identifiers: keys(151, 250) });
    await pass(1_000);
    expect([await one, await other].map(shown)).toEqual([here(keys(1, 200)), here(keys(151, 250))]);
    expect(calls.map(({ query }) => query.identifiers)).toEqual([
      keys(1, 100),
      keys(101, 100),
      keys(201, 100),
      keys(301, 100),
    ]);
  });

  it('is looked up again for a request that bypasses the cache, once the list is in flight', async () => {
    const { directory, calls, keys, pass, context } = directoryOnFakeClock({ latencyMs: () => 300 });
    const list = directory.lookup({ kind: 'key', identifiers: keys(1, 100) });
    await pass(100);
    const fresh = directory.lookup({ kind: 'key', identifiers: keys(1, 100), request: context({ bypassCache: true }) });
    await pass(1_000);
    expect([await list, await fresh].map(shown)).toEqual([here(keys(1, 100)), here(keys(1, 100))]);
    expect(calls).toHaveLength(2);
  });

  it('is looked up again where they were forgotten while the list was in flight', async () => {
    const { directory, calls, keys, pass } = directoryOnFakeClock({ latencyMs: () => 300 });
    const list = directory.lookup({ kind: 'key', identifiers: keys(1, 100) });
    await pass(100);
    directory.forget({ kind: 'key', identifier: 'k50' });
    const anew = directory.lookup({ kind: 'key', identifiers: ['k50', 'k51'] });
    await pass(1_000);
    expect([await list, await anew].map(shown)).toEqual([here(keys(1, 100)), ['k50', 'k51']]);
    expect(calls.map(({ query }) => query.identifiers)).toEqual([keys(1, 100), ['k50']]);
  });

  it('stays queued for another request after the request of the list ended', async () => {
    const { directory, calls, keys, pass, context } = directoryOnFakeClock(oneCallASecond());
    void directory.lookup({ kind: 'key', identifiers: ['k9001'] });
    await pass(100);
    const hangUp = new AbortController();
    void directory.lookup({
      kind: 'key',
      identifiers: keys(1, 300),
      request: context({ signal: hangUp.signal }),
    });
    const joined = directory.lookup({ kind: 'key', identifiers: ['k50'] });
    await pass(100);
    hangUp.abort();
    expect(directory.state().lookupsQueued).toBe(1);
    await pass(2_000);
    expect(shown(await joined)).toEqual(['k50']);
    expect(calls.map(({ query }) => query.identifiers)).toEqual([['k9001'], ['k50']]);
  });

  it('gets their result from the call in flight after the request of the list ended', async () => {
    const { directory, calls, keys, pass, context } = directoryOnFakeClock({ latencyMs: () => 300 });
    const hangUp = new AbortController();
    void directory.lookup({ kind: 'key', identifiers: keys(1, 200), request: context({ signal: hangUp.signal }) });
    await pass(100);
    const joined = directory.lookup({ kind: 'key', identifiers: ['k50'] });
    hangUp.abort();
    await pass(1_000);
    expect(shown(await joined)).toEqual(['k50']);
    expect(calls.map(({ signal }) => signal?.aborted)).toEqual([false, true]);
  });
});
