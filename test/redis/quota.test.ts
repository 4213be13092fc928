import { describe, expect, it } from 'vitest';
import type { Gateway } from '../../src/gateway.ts';
import { gatewaysWithRedis, type Replicas } from '../support/gateways-with-redis.ts';
import { watchStalls } from '../support/stalls.ts';

/** Nobody of these is in the sandbox. */
const nobody = (index: number) => `9${String(index).padStart(18, '0')}`;

/** Has each gateway look up so many different people, one by one. @returns how many each has answered. */
async function loadOn(
  gateways: readonly Gateway[],
  each: number,
  onAnswer = (_answered: number) => {},
): Promise<number[]> {
  let answered = 0;
  return Promise.all(
    gateways.map(async (gateway, index) => {
      const keys = Array.from({ length: each }, (_, n) => nobody(n * gateways.length + index));
      const answers = await Promise.all(
        keys.map(async (key) => {
          const [answer] = await gateway.directory.lookup({ kind: 'key', identifiers: [key] });
          onAnswer(++answered);
          return answer;
        }),
      );
      return answers.filter((answer) => answer === null).length;
    }),
  );
}

const arrivals = ({ sandbox }: Replicas) =>
  sandbox.calls().flatMap((call) => (call.interface === 'user_query' ? [call.at] : []));

const patient = { requestTimeoutMs: 60_000, queueLimit: 20_000 };
const realQuota = { callsPerSecond: 15, latencyMs: 20 };

describe('the quota of several gateways', () => {
  it('is never exceeded in any sliding second, and all of it is used', async () => {
    const stalls = watchStalls();
    const replicas = await gatewaysWithRedis({ count: 3, gateway: patient, sandbox: realQuota });
    const answered = await loadOn(replicas.gateways, 2_000);
    expect(answered).toEqual([2_000, 2_000, 2_000]);
    expect(stalls.mostInAnySecond(arrivals(replicas))).toBeLessThanOrEqual(15);
    // Full but for the first of each, which leaves at once.
    expect(arrivals(replicas).length).toBeLessThanOrEqual(66);
  });

  it('is kept while Redis is killed and comes back, and no lookup is lost', async () => {
    const stalls = watchStalls();
    const replicas = await gatewaysWithRedis({ count: 3, gateway: patient, sandbox: realQuota });
    const { gateways, redis, events } = replicas;
    let isKilled = false;
    let isStarted = false;
    const answered = await loadOn(gateways, 4_000, (count) => {
      if (count >= 3_000 && !isKilled) {
        isKilled = true;
        void redis.kill();
      }
      if (count >= 6_000 && !isStarted) {
        isStarted = true;
        void redis.start();
      }
    });
    expect(answered).toEqual([4_000, 4_000, 4_000]);
    expect(stalls.mostInAnySecond(arrivals(replicas))).toBeLessThanOrEqual(15);
    expect(events.some((event) => event.type === 'quota-mode' && event.mode === 'fallback')).toBe(true);
    await expect
      .poll(() => gateways.map((gateway) => gateway.readiness().shared))
      .toEqual([
        { isUp: true, replicas: 3 },
        { isUp: true, replicas: 3 },
        { isUp: true, replicas: 3 },
      ]);
  });

  it('after "too many calls" for one gateway, all gateways back off', async () => {
    const { gateways, sandbox } = await gatewaysWithRedis({ gateway: patient, sandbox: realQuota });
    sandbox.faults.start({ name: 'rate-limit', retryAfter: 2, calls: 1 });
    const first = gateways[0].directory.lookup({ kind: 'key', identifiers: [nobody(1)] });
    await expect.poll(() => sandbox.calls().some(({ status }) => status === 429)).toBe(true);
    const refusedAt = sandbox.calls().find(({ status }) => status === 429)?.at ?? 0;
    // A moment on the way to Redis.
    await new Promise((resolve) => setTimeout(resolve, 100));
    await gateways[1].directory.lookup({ kind: 'key', identifiers: [nobody(2)] });
    await first;
    const later = sandbox.calls().filter((call) => call.interface === 'user_query' && call.at > refusedAt);
    expect(Math.min(...later.map(({ at }) => at)) - refusedAt).toBeGreaterThanOrEqual(1_990);
  });

  it('goes on, and is kept, where the clock of the server is put back by half a minute', async () => {
    const stalls = watchStalls();
    const seconds = 30;
    const replicas = await gatewaysWithRedis({ gateway: { ...patient, cache: { ttlMs: 0 } }, sandbox: realQuota });
    const { gateways, redis } = replicas;
    await loadOn(gateways, 1_000);
    // What was written before is then of the future.
    const { client } = redis;
    const [calls = ''] = await client.keys('*:calls');
    const [state = ''] = await client.keys('*:quota');
    await client.hincrby(state, 'last', seconds * 1_000_000);
    for (const call of await client.zrangebyscore(calls, '-inf', '+inf'))
      await client.zincrby(calls, seconds * 1_000_000, call);
    await loadOn(gateways, 1_000);
    const at = arrivals(replicas).toSorted((a, b) => a - b);
    expect(Math.max(...at.map((each, index) => each - (at[index - 1] ?? each)))).toBeLessThan(5_000);
    expect(stalls.mostInAnySecond(at)).toBeLessThanOrEqual(15);
  });

  it('is not used by a reservation whose reply came too late', async () => {
    const { gateways, redis, events, upstreamCalls } = await gatewaysWithRedis({ redis: { timeoutMs: 100 } });
    const lookUp = (index: number) => gateways[0].directory.lookup({ kind: 'key', identifiers: [nobody(index)] });
    await lookUp(1);
    redis.freeze();
    const second = lookUp(2);
    const isLate = () =>
      events.some(
        (event) => event.type === 'redis-command' && event.command === 'quota' && event.outcome === 'timeout',
      );
    await expect.poll(isLate, { interval: 5 }).toBe(true);
    redis.thaw();
    await second;
    expect(upstreamCalls()).toHaveLength(2);
    const [calls = ''] = await redis.client.keys('*:calls');
    await expect.poll(() => redis.client.zcard(calls)).toBeLessThanOrEqual(2);
  });

  it('of each caller with a token of their own is apart from that of all others', async () => {
    const stalls = watchStalls();
    const { gateways, sandbox } = await gatewaysWithRedis({
      gateway: { ...patient, identity: 'caller', pluginId: undefined, pluginSecret: undefined },
      redis: { encryptionKey: 'k'.repeat(32) },
      sandbox: { ...realQuota, callsPerSecond: 15 },
    });
    const tokens = sandbox.people.slice(0, 2).map(({ user_key }) => sandbox.userAccessToken(user_key));
    await Promise.all(
      tokens.flatMap((userToken, caller) =>
        gateways.flatMap((gateway, index) =>
          Array.from({ length: 12 }, (_slot, n) =>
            gateway.directory.lookup({
              kind: (['key', 'outId'] as const)[n % 2] ?? 'key',
              identifiers: Array.from({ length: 100 }, (_, more) =>
                nobody(((caller * 2 + index) * 12 + n) * 100 + more),
              ),
              userToken,
            }),
          ),
        ),
      ),
    );
    for (const userToken of tokens) {
      const own = sandbox.calls().filter(({ token }) => token === userToken);
      expect(own.length).toBe(24);
      expect(stalls.mostInAnySecond(own.map(({ at }) => at))).toBeLessThanOrEqual(15);
    }
  });
});
