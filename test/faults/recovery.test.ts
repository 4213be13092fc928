import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { codesByPath, type GraphQLAnswer } from '../support/gateway-with-sandbox.ts';
import { gatewaysWithRedis } from '../support/gateways-with-redis.ts';
import { keysFrom } from '../support/user-keys.ts';
import { clockThatJumps, quickGateway } from './strike.ts';

const one = (key = '') => `{ user(key: "${key}") { key } }`;
const LOOKUPS_PER_SECOND = 50;

describe('the circuit breaker notices a healthy user API', () => {
  it.each<[title: string, trialsBefore: number]>([
    ['calls in flight hang', 0],
    ['the trial hangs', 1],
    ['two trials hang', 2],
  ])(
    'within three seconds although %s: only the lookups of that time are rejected',
    { timeout: 60_000 },
    async (_title, trialsBefore) => {
      const { query, sandbox, upstreamCalls } = await quickGateway({
        breaker: { failures: 3 },
        retry: { maxAttempts: 1 },
      });
      sandbox.faults.start({ name: 'hang' });
      const keys = keysFrom(1, 2_000).values();
      const next = () => one(keys.next().value);
      const kinds = [
        next(),
        '{ usersByEmail(emails: ["a@example.com"]) { key } }',
        '{ usersByOutId(outIds: ["on_1"]) { key } }',
      ];
      // One call of each kind, which all hang until their deadline.
      await Promise.all(kinds.map((document) => query(document)));
      const before = upstreamCalls().length;
      expect(before).toBe(3);
      const hanging: Promise<GraphQLAnswer>[] = [];
      while (upstreamCalls().length < before + trialsBefore) {
        hanging.push(query(next()));
        await delay(1_000 / LOOKUPS_PER_SECOND);
      }

      sandbox.faults.clear();
      let rejected = 0;
      for (;;) {
        const answer = await query(next());
        if (!answer.errors) break;
        expect(codesByPath(answer)).toEqual(['user: UPSTREAM_UNAVAILABLE']);
        rejected++;
        await delay(1_000 / LOOKUPS_PER_SECOND);
      }
      expect(rejected).toBeLessThanOrEqual(3 * LOOKUPS_PER_SECOND);
      // Closed for all from then on.
      const after = await Promise.all(Array.from({ length: 20 }, () => query(next())));
      expect(after.flatMap(codesByPath)).toEqual([]);
      await Promise.all(hanging);
    },
  );
});

describe('a long Retry-After', () => {
  async function inALongPause() {
    const time = clockThatJumps();
    const harness = await quickGateway({ clock: time.clock, cache: { ttlMs: 0 } });
    harness.sandbox.faults.start({ name: 'rate-limit', retryAfter: 'absurd' });
    const [key] = keysFrom(1, 1);
    expect(codesByPath(await harness.query(one(key)))).toEqual(['user: UPSTREAM_RATE_LIMITED']);
    return { ...harness, ...time, ask: (n = 1) => harness.query(one(keysFrom(n, 1)[0])) };
  }

  it('is probed with one call every five seconds; other requests fail fast, with the time after which to retry', async () => {
    const { ask, jump, query, upstreamCalls } = await inALongPause();
    for (let probes = 1; probes <= 4; probes++) {
      jump(4_500);
      const fast = await ask();
      expect(codesByPath(fast)).toEqual(['user: UPSTREAM_RATE_LIMITED']);
      expect(fast.errors?.[0]?.extensions?.retryAfterMs).toBeGreaterThan(0);
      expect(fast.errors?.[0]?.extensions?.retryAfterMs).toBeLessThanOrEqual(60_000);
      expect(upstreamCalls()).toHaveLength(probes);
      jump(501);
      const byEmail = query('{ usersByEmail(emails: ["zhangsan@example.com"]) { key } }');
      const answers = await Promise.all([byEmail, ...keysFrom(1, 20).map((key) => query(one(key)))]);
      for (const answer of answers) expect(answer.errors?.[0]?.extensions?.code).toBe('UPSTREAM_RATE_LIMITED');
      expect(upstreamCalls()).toHaveLength(probes + 1);
    }
  });

  it('is over for all requests once a probe is answered', async () => {
    const { ask, jump, sandbox, upstreamCalls } = await inALongPause();
    sandbox.faults.clear();
    expect(codesByPath(await ask())).toEqual(['user: UPSTREAM_RATE_LIMITED']);
    jump(5_001);
    expect(await ask()).toEqual({ data: { user: { key: keysFrom(1, 1)[0] } } });
    const answers = await Promise.all([2, 3, 4].map((n) => ask(n)));
    expect(answers.flatMap(codesByPath)).toEqual([]);
    expect(upstreamCalls().length).toBeLessThanOrEqual(5);
  });

  it('is replaced by the shorter one that a probe is answered with', async () => {
    const { ask, jump, sandbox } = await inALongPause();
    sandbox.faults.clear();
    sandbox.faults.start({ name: 'rate-limit', retryAfter: 20, calls: 1 });
    jump(5_001);
    const { errors } = await ask();
    expect(errors?.[0]?.extensions?.retryAfterMs).toBeLessThanOrEqual(20_000);
    jump(20_001);
    expect((await ask()).errors).toBeUndefined();
  });

  it('is probed by each of two gateways with one Redis, and is over for both', { timeout: 60_000 }, async () => {
    const { gateways, sandbox } = await gatewaysWithRedis({ sandbox: { callsPerSecond: 15 } });
    const lookup = async (which: 0 | 1, key: string) => {
      const [result] = await gateways[which].directory.lookup({ kind: 'key', identifiers: [key] });
      return result instanceof Error && 'code' in result ? result.code : result;
    };
    sandbox.faults.start({ name: 'rate-limit', retryAfter: 'absurd' });
    expect(await lookup(0, '1')).toBe('UPSTREAM_RATE_LIMITED');
    expect(await lookup(1, '2')).toBe('UPSTREAM_RATE_LIMITED');
    sandbox.faults.clear();
    const calls = () => sandbox.calls().filter((call) => call.interface === 'user_query');
    const before = calls().length;
    await expect.poll(() => lookup(0, '3'), { timeout: 10_000 }).toBeNull();
    await expect.poll(() => lookup(1, '4'), { timeout: 10_000 }).toBeNull();
    expect(
      calls()
        .slice(before)
        .map(({ status }) => status),
    ).toEqual([404, 404]);
  });
});
