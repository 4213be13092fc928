import { expect, it } from 'vitest';
import { offer, RIGHT } from '../support/load.ts';
import { startRedis } from '../support/redis-server.ts';
import { ownersOfCalls, queriesOf, startLimitedSandbox, startReplicas, untilTogether } from '../support/replicas.ts';
import { watchStalls } from '../support/stalls.ts';

it('redis-server is killed under load and starts again: no request fails, the quota holds, and is shared again', async () => {
  const redis = await startRedis();
  const sandbox = await startLimitedSandbox(60_000);
  const replicas = await startReplicas(3, sandbox, redis.url);
  const urls = replicas.map(({ url }) => url);
  const stalls = watchStalls();
  const load = offer({ urls: () => urls, listsPerSecond: 45, peoplePerList: 8 });
  const answered = () => load.asked.filter(({ outcome }) => outcome === RIGHT).length;
  const answersMore = async (count: number) => {
    const before = answered();
    await expect.poll(answered, { timeout: 30_000 }).toBeGreaterThan(before + count);
  };
  await answersMore(180);

  await redis.kill();
  for (const { readiness } of replicas) {
    await expect.poll(readiness).toMatchObject({ status: 200, redis: { status: 'away' } });
  }
  await answersMore(225);

  await redis.start();
  await untilTogether(replicas);
  await expect.poll(() => ownersOfCalls(redis)).toHaveLength(3);
  await answersMore(180);
  await load.stop();

  expect(load.asked.filter(({ outcome }) => outcome !== RIGHT)).toEqual([]);
  expect(stalls.mostInAnySecond(queriesOf(sandbox).map(({ at }) => at))).toBeLessThanOrEqual(15);
});
