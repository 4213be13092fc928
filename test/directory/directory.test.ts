import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { LookupResult } from '../../src/directory/look-up.ts';
import { GatewayError } from '../../src/errors.ts';
import { createQuota } from '../../src/policies/quota.ts';
import type { GatewayEvent } from '../../src/telemetry/events.ts';
import type { LookupKind } from '../../src/upstream/user-query.ts';
import { mostInAnySecond } from '../support/in-any-second.ts';
import { directoryOnFakeClock, everybody, idOf, personOf, tokenOf } from '../support/made-up-api.ts';

afterEach(() => {
  vi.useRealTimers();
});

const shown = (results: readonly LookupResult[]) =>
  results.map((result) => (result instanceof GatewayError ? result.code : (result?.key ?? null)));

describe('joining', () => {
  it('makes one call for ten requests of the same hundred people, cold', async () => {
    const { directory, sizes, keys, pass } = directoryOnFakeClock();
    const requests = Array.from({ length: 10 }, () => directory.lookup({ kind: 'key', identifiers: keys(1, 100) }));
    await pass(100);
    expect(new Set((await Promise.all(requests)).map((results) => shown(results).join())).size).toBe(1);
    expect(sizes()).toEqual([100]);
  });

  it('puts look-ups of different requests that come in one turn of the event loop into one call', async () => {
    const { directory, calls, pass } = directoryOnFakeClock();
    const all = [1, 2, 3].map((n) => directory.lookup({ kind: 'key', identifiers: [idOf.key(n)] }));
    await pass(50);
    expect(shown((await Promise.all(all)).flat())).toEqual(['k1', 'k2', 'k3']);
    expect(calls.map(({ query }) => query.identifiers)).toEqual([['k1', 'k2', 'k3']]);
  });

  it('joins an identifier that is on its way already', async () => {
    const { directory, calls, pass, ticket } = directoryOnFakeClock();
    const first = directory.lookup({ kind: 'key', identifiers: ['k1'] });
    await pass(10);
    const rider = ticket();
    const second = directory.lookup({ kind: 'key', identifiers: ['k1'], ticket: rider });
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

  it('lets a request that wants fresh people ride on a call that has not left, but not on one that has', async () => {
    const { directory, calls, pass, ticket } = directoryOnFakeClock();
    const fresh = () => directory.lookup({ kind: 'key', identifiers: ['k1'], ticket: ticket({ wantsFresh: true }) });
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

  it('fills batches while they wait for their slot', async () => {
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

describe('an answer for which nobody has to be waited for', () => {
  it('is there at once, without a promise: of people in memory, and of what cannot be an identifier', async () => {
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
    const { directory, pass, ticket } = directoryOnFakeClock({ telemetry: (event) => events.push(event) });
    void directory.lookup({ kind: 'key', identifiers: ['k1'] });
    await pass(50);
    events.length = 0;
    const own = ticket();
    void directory.find({ kind: 'key', identifiers: ['k1', 'k1', ''], ticket: own });
    expect(events).toEqual([
      { type: 'look-ups', kind: 'key', cacheHits: 1, sharedHits: undefined, joined: 0, queued: 0, shed: 0 },
      { type: 'answers', kind: 'key', found: 1, notFound: 0, stale: 0, errors: { BAD_USER_INPUT: 1 } },
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
    wantsFresh: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { minLength: 1, maxLength: 25, size: 'max' }),
      fc.infiniteStream(fc.nat(60)),
      async (requests, latencies) => {
        const { directory, calls, pass, ticket } = directoryOnFakeClock({
          latencyMs: () => 20 + (latencies.next().value ?? 0),
        });
        const answers: Promise<unknown>[] = [];
        for (const { pauseMs, kind, tenant, identity, people, wantsFresh } of requests) {
          await pass(pauseMs);
          const tenantKey = kind === 'email' ? tenant : undefined;
          const looked = directory.lookup({
            kind,
            identifiers: people.map((n) => (kind === 'email' ? idOf.email(n).toUpperCase() : idOf[kind](n))),
            tenantKey,
            ticket: ticket({ userToken: tokenOf(identity), wantsFresh, timeoutMs: 600_000 }),
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

describe('fairness', () => {
  it('answers a single look-up behind five operations of 1,000 within two slots', async () => {
    const { directory, calls, keys, pass } = directoryOnFakeClock();
    for (let operation = 0; operation < 5; operation++) {
      void directory.lookup({ kind: 'key', identifiers: keys(1 + operation * 1_000, 1_000) });
    }
    await pass(500);
    const before = calls.length;
    void directory.lookup({ kind: 'key', identifiers: ['k9999'] });
    await pass(500);
    const slot = calls.findIndex(({ query }) => query.identifiers.includes('k9999')) - before;
    expect(slot).toBeGreaterThanOrEqual(0);
    expect(slot).toBeLessThan(2);
  });

  it('lets requests with full lists take turns, too', async () => {
    const { directory, calls, keys, pass } = directoryOnFakeClock();
    void directory.lookup({ kind: 'key', identifiers: keys(1, 1_000) });
    await pass(100);
    void directory.lookup({ kind: 'key', identifiers: keys(5_001, 200) });
    await pass(400);
    const second = calls.flatMap(({ query }) => query.identifiers).filter((id) => Number(id.slice(1)) > 5_000);
    expect(second.length).toBe(200);
  });

  it('lets the lanes of one credential take turns', async () => {
    const { directory, calls, keys, pass } = directoryOnFakeClock();
    void directory.lookup({ kind: 'key', identifiers: keys(1, 1_000) });
    await pass(100);
    const before = calls.length;
    void directory.lookup({ kind: 'email', identifiers: ['p5000@example.com'] });
    void directory.lookup({ kind: 'email', identifiers: ['p5000@example.com'], tenantKey: 't1' });
    await pass(250);
    const kinds = calls.slice(before, before + 3).map(({ query }) => `${query.kind} ${query.tenantKey ?? ''}`);
    expect(kinds.toSorted()).toEqual(['email ', 'email t1', 'key ']);
  });
});

describe('a person whom several wait for', () => {
  it("leaves in the turn of whoever comes first: a single look-up does not wait for the end of somebody else's list", async () => {
    const { directory, calls, keys, pass } = directoryOnFakeClock();
    for (let operation = 0; operation < 5; operation++) {
      void directory.lookup({ kind: 'key', identifiers: keys(1 + operation * 1_000, 1_000) });
    }
    await pass(500);
    const before = calls.length;
    void directory.lookup({ kind: 'key', identifiers: ['k5000'] });
    await pass(500);
    expect(calls.slice(before, before + 2).some(({ query }) => query.identifiers.includes('k5000'))).toBe(true);
    await pass(5_000);
    expect(calls.flatMap(({ query }) => query.identifiers).filter((id) => id === 'k5000')).toHaveLength(1);
  });

  it('is not shed from the queue for one of them', async () => {
    const { directory, keys, pass } = directoryOnFakeClock({ queueLimit: 1_000 });
    const first = directory.lookup({ kind: 'key', identifiers: keys(1, 1_000) });
    const second = directory.lookup({ kind: 'key', identifiers: keys(1, 1_000) });
    const third = await directory.lookup({ kind: 'key', identifiers: ['k5000'] });
    expect(shown(third)).toEqual(['OVERLOADED']);
    await pass(2_000);
    expect(shown([...(await first), ...(await second)])).not.toContain('OVERLOADED');
  });
});

describe('what cannot be served in time', () => {
  it('is refused at once, with the time after which to come back', async () => {
    const { directory, keys, pass, ticket } = directoryOnFakeClock();
    void directory.lookup({ kind: 'key', identifiers: keys(1, 1_000) });
    const results = await directory.lookup({
      kind: 'key',
      identifiers: keys(2_000, 1_000),
      ticket: ticket({ timeoutMs: 900 }),
    });
    expect(new Set(shown(results))).toEqual(new Set(['OVERLOADED']));
    expect((results[0] as GatewayError).retryAfterMs).toBeGreaterThan(100);
    expect(performance.now()).toBe(0);
    await pass(1_000);
  });

  it('costs a whole new request before parts of many', async () => {
    const { directory, keys, pass } = directoryOnFakeClock({ queueLimit: 1_000 });
    const first = directory.lookup({ kind: 'key', identifiers: keys(1, 500) });
    const second = directory.lookup({ kind: 'key', identifiers: keys(1_001, 500) });
    const third = await directory.lookup({ kind: 'key', identifiers: keys(2_001, 500) });
    expect(new Set(shown(third))).toEqual(new Set(['OVERLOADED']));
    await pass(2_000);
    expect(shown([...(await first), ...(await second)])).not.toContain('OVERLOADED');
  });

  it('costs the largest backlog its newest look-ups where a smaller request comes', async () => {
    const { directory, keys, pass } = directoryOnFakeClock({ queueLimit: 1_000 });
    const large = directory.lookup({ kind: 'key', identifiers: keys(1, 1_000) });
    const small = directory.lookup({ kind: 'key', identifiers: ['k5000', 'k5001'] });
    await pass(2_000);
    expect(shown(await small)).toEqual(['k5000', 'k5001']);
    const lost = shown(await large).flatMap((code, index) => (code === 'OVERLOADED' ? [index] : []));
    expect(lost).toEqual([998, 999]);
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
  it('while its look-ups are queued is OVERLOADED, and they are not sent any more', async () => {
    // A quota that promises a slot at once and never gives one: estimates can be wrong.
    const never = { ...createQuota(), waitMs: () => 60_000, estimateMs: () => 0 };
    const { directory, calls, pass, ticket } = directoryOnFakeClock({ quotaOf: () => never });
    const hasty = directory.lookup({ kind: 'key', identifiers: ['k1'], ticket: ticket({ timeoutMs: 200 }) });
    await pass(200);
    expect(shown(await hasty)).toEqual(['OVERLOADED']);
    await pass(120_000);
    expect(calls).toEqual([]);
  });

  it('after they were sent is UPSTREAM_TIMEOUT, and the call is ended when nobody else waits', async () => {
    const { directory, calls, pass, ticket } = directoryOnFakeClock({ latencyMs: () => 1_000 });
    const hasty = directory.lookup({ kind: 'key', identifiers: ['k1'], ticket: ticket({ timeoutMs: 100 }) });
    await pass(100);
    expect(shown(await hasty)).toEqual(['UPSTREAM_TIMEOUT']);
    expect(calls[0]?.signal?.aborted).toBe(true);
    const next = directory.lookup({ kind: 'key', identifiers: ['k1'] });
    await pass(2_000);
    expect(shown(await next)).toEqual(['k1']);
  });

  it('does not fail who asks for the same person just when the call is ended', async () => {
    const { directory, pass, ticket } = directoryOnFakeClock();
    const client = new AbortController();
    void directory.lookup({ kind: 'key', identifiers: ['k1'], ticket: ticket({ signal: client.signal }) });
    await pass(10);
    client.abort();
    const next = directory.lookup({ kind: 'key', identifiers: ['k1'] });
    await pass(200);
    expect(shown(await next)).toEqual(['k1']);
  });

  it('of one of two does not touch the other', async () => {
    const { directory, calls, pass, ticket } = directoryOnFakeClock({ latencyMs: () => 1_000 });
    const hasty = directory.lookup({ kind: 'key', identifiers: ['k1'], ticket: ticket({ timeoutMs: 100 }) });
    const patient = directory.lookup({ kind: 'key', identifiers: ['k1', 'k2'] });
    await pass(2_000);
    expect(shown([...(await hasty), ...(await patient)])).toEqual(['UPSTREAM_TIMEOUT', 'k1', 'k2']);
    expect(calls).toHaveLength(1);
  });

  it('does not matter to a client that hangs up: its look-ups leave the queue', async () => {
    const { directory, calls, keys, pass, ticket } = directoryOnFakeClock();
    const client = new AbortController();
    void directory.lookup({ kind: 'key', identifiers: keys(1, 1_000), ticket: ticket({ signal: client.signal }) });
    await pass(100);
    const sent = calls.length;
    client.abort();
    await pass(5_000);
    expect(calls.length).toBe(sent);
  });
});

it('many lanes with little in them do not make a large request look hopeless', async () => {
  const { directory, keys, pass } = directoryOnFakeClock();
  for (let tenant = 0; tenant < 16; tenant++) {
    void directory.lookup({ kind: 'email', identifiers: ['p1@example.com'], tenantKey: `t${tenant}` });
  }
  const large = directory.lookup({ kind: 'key', identifiers: keys(1, 984) });
  await pass(3_000);
  expect(shown(await large)).not.toContain('OVERLOADED');
});

it('a directory that is disposed answers whoever waits, and refuses whoever comes', async () => {
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

  it('is waited out by everybody, and nobody sees an error', async () => {
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

  it('reaches at once whoever is queued and cannot wait so long', async () => {
    const long = new GatewayError('UPSTREAM_RATE_LIMITED', 'busy', { retryAfterMs: 60_000 });
    const { directory, keys, pass } = directoryOnFakeClock({ answer: () => Promise.reject(long) });
    const list = directory.lookup({ kind: 'key', identifiers: keys(1, 1_000) });
    await pass(50);
    expect(new Set(shown(await list))).toEqual(new Set(['UPSTREAM_RATE_LIMITED']));
    expect((await list).at(-1)).toMatchObject({ retryAfterMs: 60_000 });
  });

  it('reaches those who cannot wait so long, with the time after which to come back', async () => {
    const { directory, calls, pass, ticket } = directoryOnFakeClock({ answer: () => Promise.reject(busy) });
    const hasty = directory.lookup({ kind: 'key', identifiers: ['k1'], ticket: ticket({ timeoutMs: 400 }) });
    await pass(20);
    expect((await hasty)[0]).toMatchObject({ code: 'UPSTREAM_RATE_LIMITED', retryAfterMs: 500 });
    const [next] = await directory.lookup({ kind: 'key', identifiers: ['k2'], ticket: ticket({ timeoutMs: 300 }) });
    expect(next).toMatchObject({ code: 'UPSTREAM_RATE_LIMITED', retryAfterMs: 500 });
    expect(calls).toHaveLength(1);
  });
});
