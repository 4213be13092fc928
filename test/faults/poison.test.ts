import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { codesByPath, type GraphQLAnswer } from '../support/gateway-with-sandbox.ts';
import { keysFrom } from '../support/user-keys.ts';
import { clockThatJumps, LI_SI, quickGateway, ZHANG_SAN } from './strike.ts';

const HUNDRED = keysFrom(1, 100);
const list = (keys: readonly string[]) => `{ users(keys: ${JSON.stringify(keys)}) { key } }`;
const found = (answer: GraphQLAnswer) =>
  (answer.data as { users: ({ key: string } | null)[] }).users.map((user) => user?.key);
const rejectedAt = (...positions: number[]) => positions.map((at) => `users.${at}: UPSTREAM_REJECTED`).toSorted();
const without = (...bad: (string | undefined)[]) => HUNDRED.map((key) => (bad.includes(key) ? undefined : key));

describe('one malformed identifier fails a batch of 100 (20006, 9999)', () => {
  it.each([
    [20006, 0, false],
    [20006, 99, true],
    [9999, 63, false],
  ])(
    '%i at position %i (on HTTP 200: %s): the bad one is found by splitting, the other 99 answer',
    async (code, at, onHttp200) => {
      const { query, sandbox, upstreamCalls } = await quickGateway();
      const bad = HUNDRED[at] as string;
      sandbox.faults.start({ name: 'poison', identifiers: bad, code, onHttp200 } as never);
      const answer = await query(
        `{ users(keys: ${JSON.stringify(HUNDRED)}) { key } beside: usersByEmail(emails: ["lisi@example.com"]) { nameEn } }`,
      );
      expect(found(answer)).toEqual(without(bad));
      expect(answer.data?.beside).toEqual([{ nameEn: 'Li Si' }]);
      expect(codesByPath(answer)).toEqual(rejectedAt(at));
      expect(answer.errors?.[0]?.extensions?.upstream).toMatchObject({ code });
      // About 2·log₂100 beyond the one of the batch and the one of those beside.
      expect(upstreamCalls().length - 2).toBeLessThanOrEqual(14);

      // It is remembered, as are the others: nobody is asked for again.
      const calls = upstreamCalls().length;
      const again = await query(list(HUNDRED));
      expect(found(again)).toEqual(without(bad));
      expect(codesByPath(again)).toEqual(rejectedAt(at));
      expect(upstreamCalls()).toHaveLength(calls);
    },
  );

  it('two bad ones are both found', async () => {
    const { query, sandbox } = await quickGateway();
    const bad = [HUNDRED[36], HUNDRED[37]] as string[];
    sandbox.faults.start({ name: 'poison', identifiers: bad });
    const answer = await query(list(HUNDRED));
    expect(found(answer)).toEqual(without(...bad));
    expect(codesByPath(answer)).toEqual(rejectedAt(36, 37));
  });

  it('people who do not exist beside it are "not found", not rejected', async () => {
    const { query, sandbox } = await quickGateway();
    sandbox.faults.start({ name: 'poison', identifiers: 'bad' } as never);
    const answer = await query(list([ZHANG_SAN, 'nobody', 'bad', LI_SI, 'nobody-else']));
    expect(found(answer)).toEqual([ZHANG_SAN, undefined, undefined, LI_SI, undefined]);
    expect(codesByPath(answer)).toEqual(rejectedAt(2));
  });

  it('other requests that share the batch get their people', async () => {
    const { gateway, query, sandbox, upstreamCalls } = await quickGateway();
    await gateway.whenReady;
    sandbox.faults.start({ name: 'poison', identifiers: 'bad' } as never);
    const [mine, theirs] = await Promise.all([query(list(['bad'])), query(list([ZHANG_SAN, LI_SI]))]);
    expect(upstreamCalls()[0]).toEqual({ user_keys: expect.arrayContaining(['bad', ZHANG_SAN, LI_SI]) });
    expect(codesByPath(mine)).toEqual(rejectedAt(0));
    expect(theirs).toEqual({ data: { users: [{ key: ZHANG_SAN }, { key: LI_SI }] } });
  });

  it('is remembered for 60 s, the only error ever cached', async () => {
    const time = clockThatJumps();
    const { query, sandbox, upstreamCalls } = await quickGateway({ clock: time.clock });
    sandbox.faults.start({ name: 'poison', identifiers: 'bad@example.com' } as never);
    const ask = (email: string) => query(`{ users: usersByEmail(emails: ["${email}"]) { key } }`);
    expect(codesByPath(await ask('bad@example.com'))).toEqual(rejectedAt(0));
    expect(upstreamCalls()).toHaveLength(1);
    time.jump(59_000);
    expect(codesByPath(await ask('BAD@Example.com'))).toEqual(rejectedAt(0));
    expect(upstreamCalls()).toHaveLength(1);
    time.jump(1_001);
    expect(codesByPath(await ask('bad@example.com'))).toEqual(rejectedAt(0));
    expect(upstreamCalls()).toHaveLength(2);
  });

  it('is remembered as what it was asked by only', async () => {
    const { query, sandbox, upstreamCalls } = await quickGateway();
    sandbox.faults.start({ name: 'poison', identifiers: ZHANG_SAN, kind: 'user_keys' } as never);
    expect(codesByPath(await query(list([ZHANG_SAN])))).toEqual(rejectedAt(0));
    expect(await query(`{ usersByOutId(outIds: ["${ZHANG_SAN}"]) { key } }`)).toEqual({
      data: { usersByOutId: [null] },
    });
    expect(upstreamCalls()).toEqual([{ user_keys: [ZHANG_SAN] }, { out_ids: [ZHANG_SAN] }]);
  });
});

describe('people who were asked for beside it are not remembered as refused', () => {
  it('when the client hangs up before it was found', async () => {
    const { gateway, query, sandbox, upstreamCalls } = await quickGateway();
    sandbox.faults.start({ name: 'poison', identifiers: ['bad'] });
    const keys = keysFrom(1, 30);
    const client = new AbortController();
    const request = new Request('http://gateway.test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: list([...keys, 'bad']) }),
      signal: client.signal,
    });
    const gone = Promise.allSettled([gateway.fetch(request)]);
    await vi.waitFor(() => expect(upstreamCalls().length).toBeGreaterThan(2));
    client.abort();
    await gone;
    // Whatever was to be asked for next has had its turn by now.
    await sleep(1_000);
    expect(await query(list(keys))).toEqual({ data: { users: keys.map((key) => ({ key })) } });
  });
});

describe('a budget of its own', () => {
  it('of 20 calls a batch: past it the rest are UPSTREAM_REJECTED, and are not remembered', async () => {
    const { query, sandbox, upstreamCalls } = await quickGateway();
    sandbox.faults.start({ name: 'poison', identifiers: HUNDRED });
    const answer = await query(list(HUNDRED));
    expect(codesByPath(answer)).toEqual(rejectedAt(...HUNDRED.keys()));
    const calls = upstreamCalls() as { user_keys: string[] }[];
    expect(calls.length).toBeGreaterThan(10);
    expect(calls.length).toBeLessThanOrEqual(21);

    const isolated = calls.filter(({ user_keys }) => user_keys.length === 1).flatMap(({ user_keys }) => user_keys);
    sandbox.faults.clear();
    expect(found(await query(list(HUNDRED)))).toEqual(without(...isolated));
  });

  it('and of 3 calls a second beyond the first 20, over all batches', async () => {
    const { query, sandbox, upstreamCalls } = await quickGateway();
    sandbox.faults.start({ name: 'poison', identifiers: keysFrom(1, 600) });
    const startedAt = performance.now();
    const answers = await Promise.all([0, 1, 2, 3, 4, 5].map((n) => query(list(keysFrom(100 * n + 1, 100)))));
    const seconds = (performance.now() - startedAt) / 1_000;
    for (const answer of answers) expect(codesByPath(answer)).toEqual(rejectedAt(...HUNDRED.keys()));
    expect(upstreamCalls().length - 6).toBeLessThanOrEqual(20 + Math.ceil(3 * seconds));
  });
});

describe('Never split on 429, 5xx or auth errors', () => {
  it.each([
    [10429, 1, 'UPSTREAM_RATE_LIMITED'],
    [50006, 3, 'UPSTREAM_UNAVAILABLE'],
    [10022, 2, 'UPSTREAM_UNAUTHENTICATED'],
    [10301, 1, 'UPSTREAM_FORBIDDEN'],
    [20039, 1, 'UPSTREAM_FORBIDDEN'],
    [1000051942, 1, 'UPSTREAM_REJECTED'],
    [123456, 1, 'UPSTREAM_REJECTED'],
  ])('%i fails the whole batch, after %i calls for all of it', async (code, calls, shown) => {
    // Shorter than the pause after a 429, so that nobody waits it out here.
    const { query, sandbox, upstreamCalls } = await quickGateway({ requestTimeoutMs: code === 10429 ? 900 : 10_000 });
    sandbox.faults.start({ name: 'error', code });
    expect(codesByPath(await query(list(HUNDRED)))).toEqual(HUNDRED.map((_, at) => `users.${at}: ${shown}`).toSorted());
    expect(upstreamCalls()).toEqual(Array.from({ length: calls }, () => ({ user_keys: HUNDRED })));
  });
});
