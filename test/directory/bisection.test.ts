import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { LookupResult } from '../../src/directory/lookup.ts';
import { GatewayError } from '../../src/errors.ts';
import { type Answering, directoryOnFakeClock, everybody } from '../support/made-up-api.ts';

afterEach(() => {
  vi.useRealTimers();
});

const refusal = new GatewayError('UPSTREAM_REJECTED', 'malformed', { upstream: { code: 20006, logId: 'log-1' } });
/** Refuses whole calls for the values it finds malformed, without saying which. */
const refusing =
  (bad: ReadonlySet<string>): Answering =>
  (query, call) =>
    query.identifiers.some((identifier) => bad.has(identifier)) ? Promise.reject(refusal) : everybody(query, call);

const keysFrom = (first: number, count: number) => Array.from({ length: count }, (_, index) => `k${first + index}`);
const codeOf = (result: LookupResult | undefined) => (result instanceof GatewayError ? result.code : 'answered');
const outcomes = (keys: readonly string[], bad: ReadonlySet<string>) =>
  keys.map((key) => (bad.has(key) ? 'UPSTREAM_REJECTED' : 'answered'));

/** Asks for lists at once, and waits for all. */
async function ask(bad: ReadonlySet<string>, lists: readonly (readonly string[])[]) {
  const { directory, calls, pass, context } = directoryOnFakeClock({ answer: refusing(bad) });
  const tickets = lists.map(() => context());
  const asked = lists.map((identifiers, n) => directory.lookup({ kind: 'key', identifiers, request: tickets[n] }));
  await pass(10_000);
  const answers = await Promise.all(asked);
  vi.useRealTimers();
  return { directory, calls, codes: answers.map((results) => results.map(codeOf)) };
}

describe('the search for one refused value', () => {
  it('among 100, at any index: all others are resolved, after about log₂ 100 + 3 calls', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 100 }), async (count, place) => {
        const keys = keysFrom(1, count);
        const bad = new Set([`k${1 + (place % count)}`]);
        const { calls, codes } = await ask(bad, [keys]);
        expect(codes).toEqual([outcomes(keys, bad)]);
        expect(calls.length - 1).toBeLessThanOrEqual(Math.ceil(Math.log2(count)) + 3);
      }),
    );
  });

  it('finds two as well', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 2 }),
        async (places) => {
          const keys = keysFrom(1, 100);
          const bad = new Set(places.map((place) => `k${place}`));
          expect((await ask(bad, [keys])).codes).toEqual([outcomes(keys, bad)]);
        },
      ),
    );
  });

  it('makes 20 calls for a batch at most: then the remaining identifiers are rejected as well', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 3, maxLength: 30 }),
        async (places) => {
          const { calls, codes } = await ask(new Set(places.map((place) => `k${place}`)), [keysFrom(1, 100)]);
          expect(calls.length - 1).toBeLessThanOrEqual(20);
          expect(places.map((place) => codes[0]?.[place - 1])).toEqual(places.map(() => 'UPSTREAM_REJECTED'));
        },
      ),
    );
  });

  it('answers three quarters of the batch after at most three calls of it', async () => {
    const { directory, pass, calls } = directoryOnFakeClock({ answer: refusing(new Set(['k1'])) });
    const answered = new Set<string>();
    for (const key of keysFrom(1, 100)) {
      void directory.lookup({ kind: 'key', identifiers: [key] }).then(() => answered.add(key));
    }
    await pass(900);
    expect(answered.size).toBeGreaterThanOrEqual(75);
    expect(calls.length).toBeLessThanOrEqual(1 + 3 + 2);
  });

  it('in three batches at once: no other identifier is rejected', async () => {
    const lists = [0, 1, 2].map((n) => keysFrom(100 * n + 1, 100));
    const bad = new Set(['k17', 'k150', 'k300']);
    const { codes } = await ask(bad, lists);
    expect(codes).toEqual(lists.map((keys) => outcomes(keys, bad)));
  });

  it('takes 3 calls a second at most, after 3 at once', async () => {
    const lists = [0, 1, 2].map((n) => keysFrom(100 * n + 1, 100));
    const { calls } = await ask(new Set(['k17', 'k150', 'k300']), lists);
    const searching = calls.slice(3).map(({ at }) => at);
    for (const [index, at] of searching.entries()) {
      const within = searching.slice(index).filter((later) => later < at + 1_000);
      expect(within.length).toBeLessThanOrEqual(3 + 3);
    }
  });
});

describe('the search ends', () => {
  it('at once where the next call would come after every deadline: the rest fail at once', async () => {
    const keys = keysFrom(1, 100);
    const { directory, pass, calls, context } = directoryOnFakeClock({ answer: refusing(new Set(keys)) });
    const impatient = directory.lookup({ kind: 'key', identifiers: keys, request: context({ timeoutMs: 1_500 }) });
    await pass(1_400);
    const results = await Promise.race([impatient, Promise.resolve('waiting')]);
    expect(results).not.toBe('waiting');
    expect((results as LookupResult[])[99]).toMatchObject({
      code: 'UPSTREAM_REJECTED',
      upstream: { code: 20006, logId: 'log-1' },
    });
    expect(calls.length).toBeLessThanOrEqual(1 + 3 + 4);
  });

  it('with the reason where the API fails otherwise in the middle of it', async () => {
    const down = new GatewayError('UPSTREAM_UNAVAILABLE', 'down');
    const answer: Answering = (_, call) => Promise.reject(call < 3 ? refusal : down);
    const { directory, pass } = directoryOnFakeClock({ answer, retry: { maxAttempts: 1 } });
    const looked = directory.lookup({ kind: 'key', identifiers: keysFrom(1, 100) });
    await pass(1_000);
    expect(new Set((await looked).map(codeOf))).toEqual(new Set(['UPSTREAM_UNAVAILABLE']));
  });

  it('not where the requests of its current call disconnect: the others are resolved', async () => {
    const bad = new Set(['k7']);
    const { directory, pass, context } = directoryOnFakeClock({ answer: refusing(bad), latencyMs: () => 200 });
    const leaving = new AbortController();
    const own = context({ signal: leaving.signal });
    void directory.lookup({ kind: 'key', identifiers: keysFrom(1, 50), request: own });
    const staying = directory.lookup({ kind: 'key', identifiers: keysFrom(51, 50) });
    // The batch is refused after 200 ms; its first half is under way.
    await pass(300);
    leaving.abort();
    await pass(2_000);
    expect(new Set((await staying).map(codeOf))).toEqual(new Set(['answered']));
  });

  it('not where the whole batch waits for a permit, and part of it disconnects', async () => {
    const bad = new Set(['k7']);
    const { directory, pass, context } = directoryOnFakeClock({ answer: refusing(bad), rateLimiterOf: undefined });
    const leaving = new AbortController();
    for (let n = 0; n < 2; n++) {
      void directory.lookup({
        kind: 'key',
        identifiers: keysFrom(1, 40),
        request: context({ signal: leaving.signal }),
      });
    }
    const staying = directory.lookup({ kind: 'key', identifiers: keysFrom(41, 60) });
    for (let ms = 0; ms < 1_000; ms += 50) {
      await pass(50);
      if (ms === 400) leaving.abort();
    }
    await pass(2_000);
    expect(new Set((await staying).map(codeOf))).toEqual(new Set(['answered']));
  });
});
