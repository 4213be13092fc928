import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { gatewaysWithRedis } from '../support/gateways-with-redis.ts';
import type { RedisServer } from '../support/redis-server.ts';
import { watchStalls } from '../support/stalls.ts';

const REQUESTS = 300;
const REQUESTS_PER_SECOND = 30;

/** Stops the server and resumes it, in turn. @returns how to end that, with the server running. */
function flap(redis: RedisServer, periodMs: number): () => Promise<void> {
  const ending = new AbortController();
  const { signal } = ending;
  const ended = (async () => {
    while (!signal.aborted) {
      redis.freeze();
      await delay(periodMs, undefined, { signal }).catch(() => {});
      redis.thaw();
      await delay(periodMs, undefined, { signal }).catch(() => {});
    }
  })();
  return () => {
    ending.abort();
    return ended;
  };
}

it.each([
  { periodMs: 300, count: 3 },
  { periodMs: 600, count: 2 },
  { periodMs: 2_000, count: 3 },
])(
  'Redis stops for $periodMs ms and runs for as long, again and again: $count gateways answer every request and keep the quota',
  { timeout: 60_000 },
  async ({ periodMs, count }) => {
    const stalls = watchStalls();
    const { gateways, redis, sandbox } = await gatewaysWithRedis({
      count,
      // The default: what a gateway does without is noticed as soon as in production.
      redis: { timeoutMs: 20 },
      gateway: { requestTimeoutMs: 5_000 },
      sandbox: { callsPerSecond: 15, latencyMs: 20 },
    });
    const replicas = () => gateways.map((gateway) => gateway.readiness().shared?.replicas);
    await expect.poll(replicas).toEqual(gateways.map(() => count));

    const stopFlapping = flap(redis, periodMs);
    const outcomes: Promise<unknown>[] = [];
    const startedAt = performance.now();
    while (outcomes.length < REQUESTS) {
      const due = Math.floor(((performance.now() - startedAt) / 1_000) * REQUESTS_PER_SECOND) + 1;
      while (outcomes.length < Math.min(due, REQUESTS)) {
        const key = `9${String(outcomes.length).padStart(18, '0')}`;
        const gateway = gateways[outcomes.length % count];
        outcomes.push(
          (gateway ?? gateways[0]).directory
            .lookup({ kind: 'key', identifiers: [key] })
            .then(([result]) => (result instanceof Error ? result.message : result)),
        );
      }
      await delay(10);
    }
    const answers = await Promise.all(outcomes);
    await stopFlapping();

    // No user has one of these keys.
    expect(answers.filter((answer) => answer !== null)).toEqual([]);
    const calls = sandbox.calls().flatMap((call) => (call.interface === 'user_query' ? [call.at] : []));
    expect(stalls.mostInAnySecond(calls)).toBeLessThanOrEqual(15);
    expect(sandbox.calls().filter(({ status }) => status === 429)).toEqual([]);
  },
);
