import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { LookupResult } from '../../src/directory/lookup.ts';
import { GatewayError } from '../../src/errors.ts';
import type { LookupKind } from '../../src/lookup-kinds.ts';
import type { GatewayEvent } from '../../src/telemetry/events.ts';
import { mostInAnySecond } from '../support/in-any-second.ts';
import { directoryOnFakeClock, everybody, idOf, personOf, shown, tokenOf } from '../support/made-up-api.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('a result without a wait', () => {
  it('is returned without a promise: cached users, and malformed identifiers', async () => {
    const { directory, calls, pass } = directoryOnFakeClock();
    void directory.lookup({ kind: 'key', identifiers: ['k1', 'k7'] });
    await pass(50);
    expect(directory.find({ kind: 'key', identifiers: ['k1'] })).toEqual([personOf(1)]);
    expect(shown(directory.find({ kind: 'key', identifiers: [' k1', '', 'k7', 'k1'] }) as LookupResult[])).toEqual([
      'k1',
      'BAD_USER_INPUT',
      null,
      'k1',
    ]);
    expect(shown(directory.find({ kind: 'outId', identifiers: ['a b'] }) as LookupResult[])).toEqual([
      'BAD_USER_INPUT',
    ]);
    expect(directory.find({ kind: 'key', identifiers: [] })).toEqual([]);
    expect(calls).toHaveLength(1);
  });

  it('comes as a promise where one of several has to be looked up', async () => {
    const { directory, pass } = directoryOnFakeClock();
    void directory.lookup({ kind: 'key', identifiers: ['k1'] });
    await pass(50);
    const found = directory.find({ kind: 'key', identifiers: ['k1', 'k2'] });
    expect(found).toBeInstanceOf(Promise);
    await pass(50);
    expect(shown(await found)).toEqual(['k1', 'k2']);
  });

  it('is in the figures as any other', async () => {
    const events: GatewayEvent[] = [];
    const { directory, pass, context } = directoryOnFakeClock({ telemetry: (event) => events.push(event) });
    void directory.lookup({ kind: 'key', identifiers: ['k1'] });
    await pass(50);
    events.length = 0;
    const own = context();
    void directory.find({ kind: 'key', identifiers: ['k1', 'k1', ''], request: own });
    expect(events).toEqual([
      { type: 'lookups', kind: 'key', cacheHits: 1, sharedHits: undefined, coalesced: 0, queued: 0, shed: 0 },
      { type: 'lookup-results', kind: 'key', found: 1, notFound: 0, stale: 0, errors: { BAD_USER_INPUT: 1 } },
    ]);
    expect(own.receipt.cacheHits).toBe(1);
  });
});

it('gives any mix of requests the answers of asking one by one, in calls that never mix nor exceed anything', async () => {
  const request = fc.record({
    pauseMs: fc.oneof(fc.constant(0), fc.nat(30), fc.nat(400)),
    kind: fc.constantFrom<LookupKind>('key', 'outId', 'email'),
    tenant: fc.constantFrom(undefined, 't1', 't2'),
    identity: fc.constantFrom('plugin', 'alice', 'bob'),
    people: fc.oneof(fc.array(fc.nat(40), { maxLength: 8 }), fc.array(fc.nat(900), { maxLength: 320, size: 'max' })),
    bypassCache: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { minLength: 1, maxLength: 25, size: 'max' }),
      fc.infiniteStream(fc.nat(60)),
      async (requests, latencies) => {
        const { directory, calls, pass, context } = directoryOnFakeClock({
          latencyMs: () => 20 + (latencies.next().value ?? 0),
        });
        const answers: Promise<unknown>[] = [];
        for (const { pauseMs, kind, tenant, identity, people, bypassCache } of requests) {
          await pass(pauseMs);
          const tenantKey = kind === 'email' ? tenant : undefined;
          const looked = directory.lookup({
            kind,
            identifiers: people.map((n) => (kind === 'email' ? idOf.email(n).toUpperCase() : idOf[kind](n))),
            tenantKey,
            request: context({ userToken: tokenOf(identity), bypassCache, timeoutMs: 600_000 }),
          });
          answers.push(
            looked.then((results) => expect(results).toEqual(people.map((n) => personOf(n, identity, tenantKey)))),
          );
        }
        await pass(120_000);
        await Promise.all(answers);

        for (const { query } of calls) {
          expect(query.identifiers.length).toBeLessThanOrEqual(100);
          expect(
            new Set(query.identifiers.map((identifier) => identifier.replace(/\d.*/, '').toLowerCase())).size,
          ).toBe(1);
        }
        for (const identity of ['plugin', 'alice', 'bob']) {
          const starts = calls.filter(({ query }) => query.identity === identity).map(({ at }) => at);
          expect(mostInAnySecond(starts)).toBeLessThanOrEqual(15);
        }
      },
    ),
    { numRuns: 60 },
  );
});

it('a disposed directory settles all waiting requests, and rejects new ones', async () => {
  const { directory, calls, keys, pass } = directoryOnFakeClock();
  const waiting = directory.lookup({ kind: 'key', identifiers: keys(1, 1_000) });
  await pass(10);
  const sent = calls.length;
  directory.dispose();
  expect(new Set(shown(await waiting))).toEqual(new Set(['UPSTREAM_UNAVAILABLE']));
  expect(shown(await directory.lookup({ kind: 'key', identifiers: ['k5000'] }))).toEqual(['UPSTREAM_UNAVAILABLE']);
  await pass(10_000);
  expect(calls.length).toBe(sent);
  expect(calls.every(({ signal }) => signal?.aborted)).toBe(true);
});

describe('"too many calls" from the user API', () => {
  const busy = new GatewayError('UPSTREAM_RATE_LIMITED', 'busy', { retryAfterMs: 500 });

  it('is waited for by all requests, without an error', async () => {
    const { directory, calls, pass } = directoryOnFakeClock({
      answer: (query, call) => (call === 1 ? Promise.reject(busy) : everybody(query, call)),
    });
    const first = directory.lookup({ kind: 'key', identifiers: ['k1'] });
    await pass(50);
    const second = directory.lookup({ kind: 'key', identifiers: ['k2'] });
    await pass(2_000);
    expect(shown([...(await first), ...(await second)])).toEqual(['k1', 'k2']);
    expect(calls.map(({ query }) => query.identifiers)).toEqual([['k1'], ['k1', 'k2']]);
    expect(calls[1]?.at).toBeGreaterThanOrEqual(520);
  });

  it('fails at once queued requests that cannot wait so long', async () => {
    const long = new GatewayError('UPSTREAM_RATE_LIMITED', 'busy', { retryAfterMs: 60_000 });
    const { directory, keys, pass } = directoryOnFakeClock({ answer: () => Promise.reject(long) });
    const list = directory.lookup({ kind: 'key', identifiers: keys(1, 1_000) });
    await pass(50);
    expect(new Set(shown(await list))).toEqual(new Set(['UPSTREAM_RATE_LIMITED']));
    expect((await list).at(-1)).toMatchObject({ retryAfterMs: 60_000 });
  });

  it('reaches those who cannot wait so long, with the time after which to come back', async () => {
    const { directory, calls, pass, context } = directoryOnFakeClock({ answer: () => Promise.reject(busy) });
    const hasty = directory.lookup({ kind: 'key', identifiers: ['k1'], request: context({ timeoutMs: 400 }) });
    await pass(20);
    expect((await hasty)[0]).toMatchObject({ code: 'UPSTREAM_RATE_LIMITED', retryAfterMs: 500 });
    const [next] = await directory.lookup({ kind: 'key', identifiers: ['k2'], request: context({ timeoutMs: 300 }) });
    expect(next).toMatchObject({ code: 'UPSTREAM_RATE_LIMITED', retryAfterMs: 500 });
    expect(calls).toHaveLength(1);
  });
});
