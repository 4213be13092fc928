import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReceivedCall, Reply } from '../../src/sandbox/sandbox.ts';
import { gatewayForCallers, LI_SI, one, ZHANG_SAN } from '../support/callers-with-tokens.ts';
import { codesByPath, type GraphQLAnswer } from '../support/gateway-with-sandbox.ts';
import { mostInAnySecond } from '../support/in-any-second.ts';
import { errorReply, peopleReply } from '../support/wire-replies.ts';

async function twoCallers(options: Parameters<typeof gatewayForCallers>[0] = {}) {
  const harness = await gatewayForCallers({ ...options, gateway: { retry: { baseMs: 1 }, ...options.gateway } });
  return { ...harness, alice: harness.newToken(ZHANG_SAN), bob: harness.newToken(LI_SI) };
}

const found = (key: string) => ({ data: { user: { key } } });

describe('two callers with tokens of their own', () => {
  it('share no call, though they ask in the same moment', async () => {
    const { askAs, alice, bob, asked } = await twoCallers();
    await Promise.all([askAs(alice, one(ZHANG_SAN)), askAs(bob, one(LI_SI))]);
    expect(asked()).toEqual(
      expect.arrayContaining([
        { token: alice, keys: [ZHANG_SAN] },
        { token: bob, keys: [LI_SI] },
      ]),
    );
    expect(asked()).toHaveLength(2);
  });

  it('share no lookup in flight, even for the same user', async () => {
    const { askAs, alice, bob, asked } = await twoCallers();
    const both = await Promise.all([
      askAs(alice, one(ZHANG_SAN)),
      askAs(alice, one(ZHANG_SAN)),
      askAs(bob, one(ZHANG_SAN)),
    ]);
    expect(both).toEqual([found(ZHANG_SAN), found(ZHANG_SAN), found(ZHANG_SAN)]);
    expect(new Set(asked().map(({ token }) => token))).toEqual(new Set([alice, bob]));
    expect(asked()).toHaveLength(2);
  });

  it('share no cached user', async () => {
    const { askAs, alice, bob, asked } = await twoCallers();
    for (const token of [alice, bob, alice, bob]) await askAs(token, one(ZHANG_SAN));
    expect(asked().map(({ token }) => token)).toEqual([alice, bob]);
  });

  it('share no value that the user API refuses', async () => {
    const { askAs, alice, bob, sandbox, asked } = await twoCallers();
    sandbox.faults.start({ name: 'error', code: 20006, calls: 1 });
    for (let times = 0; times < 2; times++) {
      expect(codesByPath(await askAs(alice, one(ZHANG_SAN)))).toEqual(['user: UPSTREAM_REJECTED']);
    }
    expect(await askAs(bob, one(ZHANG_SAN))).toEqual(found(ZHANG_SAN));
    expect(asked().map(({ token }) => token)).toEqual([alice, bob]);
  });

  it('share no breaker', async () => {
    const { askAs, alice, bob, sandbox } = await twoCallers({ gateway: { breaker: { failures: 1 } } });
    sandbox.setFault((call, answer) => (call.token === alice ? errorReply(500, 50006) : answer()));
    expect(codesByPath(await askAs(alice, one(ZHANG_SAN)))).toEqual(['user: UPSTREAM_UNAVAILABLE']);
    expect(await askAs(bob, one(ZHANG_SAN))).toEqual(found(ZHANG_SAN));
  });

  it('share no budget of repeated calls', async () => {
    const { askAs, alice, bob, sandbox } = await twoCallers({ gateway: { breaker: { failures: 1_000 } } });
    const failures = { left: 0 };
    sandbox.setFault((call, answer) => {
      if (call.token === alice) return errorReply(500, 50006);
      return failures.left-- > 0 ? errorReply(500, 50006) : answer();
    });
    // Three calls without another, whatever their number: then the budget is used up.
    for (let times = 0; times < 4; times++) await askAs(alice, one(ZHANG_SAN));
    failures.left = 2;
    expect(await askAs(bob, one(ZHANG_SAN))).toEqual(found(ZHANG_SAN));
  });

  it('share no pause that the user API asked for', async () => {
    const { askAs, alice, bob, sandbox } = await twoCallers();
    sandbox.faults.start({ name: 'rate-limit', retryAfter: 'absurd', calls: 1 });
    expect(codesByPath(await askAs(alice, one(ZHANG_SAN)))).toEqual(['user: UPSTREAM_RATE_LIMITED']);
    expect(await askAs(bob, one(ZHANG_SAN))).toEqual(found(ZHANG_SAN));
    expect(codesByPath(await askAs(alice, one(ZHANG_SAN)))).toEqual(['user: UPSTREAM_RATE_LIMITED']);
  });

  it('have a quota each, and never exceed it', async () => {
    const { askAs, alice, bob, sandbox } = await twoCallers({
      gateway: { callsPerSecond: 5, cache: { ttlMs: 0 } },
      sandbox: { callsPerSecond: 5 },
    });
    const askEight = async (token: string) => {
      for (let times = 0; times < 8; times++) expect(await askAs(token, one(ZHANG_SAN))).toEqual(found(ZHANG_SAN));
    };
    await Promise.all([askEight(alice), askEight(bob)]);
    const arrivals = (token: string) => sandbox.calls().flatMap((call) => (call.token === token ? [call.at] : []));
    expect(sandbox.calls().every(({ errCode }) => errCode === 0)).toBe(true);
    expect(mostInAnySecond(arrivals(alice))).toBeLessThanOrEqual(5);
    expect(mostInAnySecond(arrivals(bob))).toBeLessThanOrEqual(5);
    expect(mostInAnySecond([...arrivals(alice), ...arrivals(bob)])).toBeGreaterThan(5);
  });
});

it('eighty callers have their calls in flight at once: more than one quota allows', async () => {
  const { askAs, newToken, sandbox } = await gatewayForCallers();
  const barrier = new EventEmitter();
  const allAreThere = once(barrier, 'open');
  let arrived = 0;
  sandbox.setFault(async (_, answer) => {
    if (++arrived === 80) barrier.emit('open');
    await allAreThere;
    return answer();
  });
  const answers = Array.from({ length: 80 }, () => askAs(newToken(), one(ZHANG_SAN)));
  expect(await Promise.all(answers)).toEqual(answers.map(() => found(ZHANG_SAN)));
  expect(arrived).toBe(80);
});

/** What becomes of a caller's look-ups: people who are told apart by who asked, or one error for all. */
const OUTCOMES = {
  well: undefined,
  revoked: [errorReply(401, 10022), 'UNAUTHENTICATED'],
  forbidden: [errorReply(403, 10001), 'UPSTREAM_FORBIDDEN'],
  down: [errorReply(500, 50006), 'UPSTREAM_UNAVAILABLE'],
  busy: [errorReply(429, 10429, { 'retry-after': '3600' }), 'UPSTREAM_RATE_LIMITED'],
} as const satisfies Record<string, readonly [Reply, string] | undefined>;

type Outcome = keyof typeof OUTCOMES;

/** For each identifier asked for: the name of the person, or the code of the error. */
const told = ({ data, errors = [] }: GraphQLAnswer) =>
  ((data?.users ?? []) as ({ nameEn: string } | null)[]).map(
    (user, index) => user?.nameEn ?? errors.find(({ path }) => path?.[1] === index)?.extensions?.code,
  );

it('two callers never share a call, a cached user or an error, however their lookups interleave', async () => {
  const { askAs, newToken, sandbox } = await gatewayForCallers({
    gateway: { callsPerSecond: 1_000, retry: { baseMs: 1 } },
  });
  const step = fc.record({
    caller: fc.nat(2),
    // Some that all of them ask for, and some that only one of them does.
    keys: fc.array(fc.tuple(fc.constantFrom('own', 'shared'), fc.nat(4)), { minLength: 1, maxLength: 6 }),
    pauseMs: fc.oneof(fc.constant(0), fc.nat(8)),
    isFresh: fc.boolean(),
  });
  const outcome = fc.oneof(
    { weight: 3, arbitrary: fc.constant<Outcome>('well') },
    fc.constantFrom<Outcome>('revoked', 'forbidden', 'down', 'busy'),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(outcome, { minLength: 3, maxLength: 3 }),
      fc.array(step, { minLength: 1, maxLength: 15 }),
      async (outcomes, steps) => {
        sandbox.clearCalls();
        const tokens = outcomes.map(() => newToken());
        sandbox.setFault(({ token = '', body }: ReceivedCall) => {
          const caller = tokens.indexOf(token);
          const rows = (body as { user_keys: string[] }).user_keys.map((user_key) => ({
            user_key,
            name_en: `${user_key} for ${caller}`,
          }));
          return OUTCOMES[outcomes[caller] ?? 'well']?.[0] ?? peopleReply(rows);
        });

        const answers: Promise<{ caller: number; keys: string[]; answer: GraphQLAnswer }>[] = [];
        for (const { caller, keys: chosen, pauseMs, isFresh } of steps) {
          if (pauseMs > 0) await sleep(pauseMs);
          const keys = chosen.map(([whose, n]) => (whose === 'own' ? `${caller}${n}` : `9${n}`));
          const query = `{ users(keys: ${JSON.stringify(keys)}) { nameEn } }`;
          const asking = askAs(tokens[caller] ?? '', query, isFresh ? { 'x-lookup-cache': 'refresh' } : {});
          answers.push(asking.then((answer) => ({ caller, keys, answer })));
        }

        const answered = await Promise.all(answers);
        const tokenOfCall = new Map(sandbox.calls().map(({ logId, token }) => [logId, token]));
        for (const { caller, keys, answer } of answered) {
          const failure = OUTCOMES[outcomes[caller] ?? 'well']?.[1];
          expect(told(answer)).toEqual(keys.map((key) => failure ?? `${key} for ${caller}`));
          const sources = answer.errors?.flatMap(({ extensions }) => extensions?.upstream?.logId ?? []) ?? [];
          expect(sources.filter((logId) => tokenOfCall.get(logId) !== tokens[caller])).toEqual([]);
        }
        for (const { token, body } of sandbox.calls()) {
          const { user_keys: keys } = body as { user_keys: string[] };
          const caller = tokens.indexOf(token ?? '');
          expect(keys.filter((key) => !key.startsWith('9') && !key.startsWith(String(caller)))).toEqual([]);
        }
      },
    ),
    { numRuns: 40 },
  );
});
