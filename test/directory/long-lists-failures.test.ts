import { afterEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '../../src/errors.ts';
import { createRateLimiter } from '../../src/policies/rate-limiter.ts';
import { directoryOnFakeClock, everybody, shown } from '../support/made-up-api.ts';

afterEach(() => {
  vi.useRealTimers();
});

const here = (keys: readonly string[]) => keys.map((key) => (Number(key.slice(1)) % 7 === 0 ? null : key));
/** So that lookups queue, and their order shows. */
const oneCallASecond = () => ({ rateLimiterOf: () => createRateLimiter({ callsPerSecond: 1 }) });

describe('a list of hundreds whose request ended', () => {
  it.each([
    ['leaves the queue', 'hang-up'],
    ['leaves the queue at its deadline, with an error', 'deadline'],
  ])('%s', async (_, how) => {
    const { directory, calls, keys, pass, context } = directoryOnFakeClock(oneCallASecond());
    void directory.lookup({ kind: 'key', identifiers: ['k9001'] });
    await pass(100);
    const hangUp = new AbortController();
    const own = context({ signal: hangUp.signal, timeoutMs: how === 'deadline' ? 5_000 : 60_000 });
    const list = directory.lookup({ kind: 'key', identifiers: keys(1, 700), request: own });
    // Four calls have left.
    await pass(how === 'deadline' ? 6_000 : 4_000);
    hangUp.abort();
    const results = shown(await list);
    expect(new Set(results.slice(500))).toEqual(new Set(how === 'deadline' ? ['OVERLOADED'] : ['UPSTREAM_TIMEOUT']));
    expect(directory.state().lookupsQueued).toBe(0);
    expect(own.queued).toBe(0);
    const before = calls.length;
    await pass(5_000);
    expect(calls.length).toBe(before);
  });

  it('has its calls cancelled', async () => {
    const { directory, calls, keys, pass, context } = directoryOnFakeClock({ latencyMs: () => 1_000 });
    const hangUp = new AbortController();
    void directory.lookup({
      kind: 'key',
      identifiers: keys(1, 200),
      request: context({ signal: hangUp.signal }),
    });
    await pass(100);
    hangUp.abort();
    await pass(0);
    expect(calls.map(({ signal }) => signal?.aborted)).toEqual([true, true]);
  });
});

describe('a failure of calls of a list of hundreds', () => {
  const down = new GatewayError('UPSTREAM_UNAVAILABLE', 'down');

  it('that is temporary is retried', async () => {
    const { directory, calls, keys, pass } = directoryOnFakeClock({
      answer: (query, call) => (call > 2 ? everybody(query, call) : Promise.reject(down)),
    });
    const looked = directory.lookup({ kind: 'key', identifiers: keys(1, 200) });
    await pass(3_000);
    expect(shown(await looked)).toEqual(here(keys(1, 200)));
    expect(calls).toHaveLength(4);
  });

  it('of the token is retried once with a new one', async () => {
    const refused = new GatewayError('UPSTREAM_UNAUTHENTICATED', 'refused');
    const { directory, keys, pass } = directoryOnFakeClock({
      answer: (query, call) => (call > 1 ? everybody(query, call) : { tokenRefused: refused }),
    });
    const looked = directory.lookup({ kind: 'key', identifiers: keys(1, 100) });
    await pass(1_000);
    expect(shown(await looked)).toEqual(here(keys(1, 100)));
  });

  it('leaves cached users, and an error for each of the others', async () => {
    const state = { isDown: false };
    const { directory, keys, pass } = directoryOnFakeClock({
      answer: (query, call) => (state.isDown ? Promise.reject(down) : everybody(query, call)),
      cache: { ttlMs: 1_000 },
    });
    void directory.lookup({ kind: 'key', identifiers: keys(1, 50) });
    await pass(5_000);
    state.isDown = true;
    const list = directory.lookup({ kind: 'key', identifiers: keys(1, 200) });
    await pass(9_000);
    expect(shown(await list)).toEqual(
      keys(1, 200).map((key, index) => (index < 50 && Number(key.slice(1)) % 7 !== 0 ? key : 'UPSTREAM_UNAVAILABLE')),
    );
  });

  it('at shutdown is the error of each waiting identifier', async () => {
    const { directory, keys, pass } = directoryOnFakeClock({ latencyMs: () => 1_000, ...oneCallASecond() });
    const list = directory.lookup({ kind: 'key', identifiers: keys(1, 300) });
    await pass(100);
    directory.dispose();
    expect(new Set(shown(await list))).toEqual(new Set(['UPSTREAM_UNAVAILABLE']));
  });
});
