import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { keepBusy, RIGHT } from '../support/load.ts';
import { startRedis } from '../support/redis-server.ts';
import { ownersOfCalls, queriesOf, startLimitedSandbox, startReplicas, untilTogether } from '../support/replicas.ts';
import { watchStalls } from '../support/stalls.ts';

/** Longer than `REDIS_TIMEOUT_MS`, which is 20: whoever asks in that time gets no answer, and some do not ask. */
const STANDS_STILL_MS = 90;
const TIMES = 8;
/** Longer than a replica is careful after it has missed Redis. */
const WORKS_MS = 1_700;

it('Redis stands still for a moment now and then: no request fails, and the quota holds all the time', async () => {
  const redis = await startRedis();
  const sandbox = await startLimitedSandbox(100_000);
  const replicas = await startReplicas(3, sandbox, redis.url);
  const urls = replicas.map(({ url }) => url);
  const stalls = watchStalls();
  const load = keepBusy({ urls: () => urls, listsAtOnce: 4, peoplePerList: 100 });
  await expect.poll(() => load.asked.length).toBeGreaterThan(60);

  for (let time = 0; time < TIMES; time++) {
    await delay(WORKS_MS);
    redis.freeze();
    await delay(STANDS_STILL_MS);
    redis.thaw();
  }
  await untilTogether(replicas);
  await expect.poll(() => ownersOfCalls(redis)).toHaveLength(3);
  await load.stop();

  expect(load.asked.filter(({ outcome }) => outcome !== RIGHT)).toEqual([]);
  expect(stalls.mostInAnySecond(queriesOf(sandbox).map(({ at }) => at))).toBeLessThanOrEqual(15);
});
