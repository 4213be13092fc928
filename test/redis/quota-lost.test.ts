import { expect, it } from 'vitest';
import { MAX_BACKOFF_MS, WINDOW_MS } from '../../src/policies/rate-limiter.ts';
import { MAX_SKEW_MS } from '../../src/policies/skew.ts';
import { RESERVE, runScript } from '../../src/redis/scripts.ts';
import { gatewaysWithRedis } from '../support/gateways-with-redis.ts';
import { startRedis } from '../support/redis-server.ts';
import { watchStalls } from '../support/stalls.ts';

const micros = (ms: number) => Math.round(ms * 1_000);
const TIMES = [WINDOW_MS, MAX_SKEW_MS, MAX_BACKOFF_MS].map(micros);
const TURN = micros(WINDOW_MS + MAX_SKEW_MS);

it('the quota is kept where Redis loses the calls of the last second, and the connections stay', async () => {
  const stalls = watchStalls();
  const { gateways, redis, sandbox } = await gatewaysWithRedis({
    gateway: { requestTimeoutMs: 60_000, queueLimit: 20_000 },
    sandbox: { callsPerSecond: 15, latencyMs: 20 },
  });
  let answered = 0;
  const answers = gateways.flatMap((gateway, which) =>
    Array.from({ length: 3_000 }, async (_, n) => {
      const key = `9${String(2 * n + which).padStart(18, '0')}`;
      const [answer] = await gateway.directory.lookup({ kind: 'key', identifiers: [key] });
      if (++answered % 2_000 === 0) await redis.client.flushall();
      return answer;
    }),
  );
  expect(new Set(await Promise.all(answers))).toEqual(new Set([null]));
  const at = sandbox.calls().flatMap((call) => (call.interface === 'user_query' ? [call.at] : []));
  expect(stalls.mostInAnySecond(at)).toBeLessThanOrEqual(15);
});

/** Reserves a call, and then another as a gateway would that remembers the first as so. @returns how long after now the second may leave. */
async function reserveAfter(
  client: Awaited<ReturnType<typeof startRedis>>['client'],
  remember: (first: { now: number; leaveAt: number; since: string }) => readonly (string | number)[],
) {
  const reserve = (...knows: readonly (string | number)[]) =>
    runScript(client, RESERVE, ['calls', 'quota'], ['a', knows.length, 15, ...TIMES, ...knows]) as Promise<
      [number, number, number, number, number, number, string]
    >;
  const [now, leaveAt, , , , , since] = await reserve();
  const [secondNow, secondLeaveAt] = await reserve(...remember({ now, leaveAt, since }));
  return secondLeaveAt - secondNow;
}

it('a log that knows what the gateway knows gives the next turn at once', async () => {
  const { client } = await startRedis();
  expect(await reserveAfter(client, ({ leaveAt, since }) => [since, leaveAt, 0, 60_000_000])).toBe(0);
});

it.each([
  ['has lost its state', ({ leaveAt }: { leaveAt: number }) => ['another', leaveAt, 0, 60_000_000]],
  ['goes by a clock that was put forward', ({ since, leaveAt }) => [since, leaveAt - 30_000_000, 0, 250_000]],
  ['was taken back to an earlier state', ({ since, leaveAt }) => [since, leaveAt + 1_000, 0, 250_000]],
] as const satisfies readonly [string, Parameters<typeof reserveAfter>[1]][])(
  'a log that %s waits until all calls of before count no more',
  async (_what, remember) => {
    const { client } = await startRedis();
    expect(await reserveAfter(client, remember)).toBeGreaterThanOrEqual(TURN);
  },
);
