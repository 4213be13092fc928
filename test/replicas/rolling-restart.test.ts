import { expect, it } from 'vitest';
import { offer, RIGHT } from '../support/load.ts';
import { startPlainProxy } from '../support/plain-proxy.ts';
import { startRedis } from '../support/redis-server.ts';
import { queriesOf, startLimitedSandbox, startReplica, tokenCallsOf } from '../support/replicas.ts';
import { watchStalls } from '../support/stalls.ts';

it('all replicas are restarted one after the other behind a plain proxy, under load: no request fails', async () => {
  const redis = await startRedis();
  const sandbox = await startLimitedSandbox(60_000);
  const start = () => startReplica(sandbox, { REDIS_URL: redis.url, SHUTDOWN_DELAY_SECONDS: '5' });
  const replicas = [await start(), await start(), await start()];
  const proxy = await startPlainProxy(replicas.map(({ url }) => url));
  await expect.poll(proxy.ready).toHaveLength(3);
  const stalls = watchStalls();
  const load = offer({ urls: () => [proxy.url], listsPerSecond: 45, peoplePerList: 8 });

  for (const old of replicas) {
    old.cli.process.kill('SIGTERM');
    expect(await old.cli.ended).toBe(0);
    const restarted = await start();
    proxy.add(restarted.url);
    await expect.poll(proxy.ready).toContain(restarted.url);
    await expect.poll(proxy.ready).toHaveLength(3);
  }
  await load.stop();

  expect(load.asked.filter(({ outcome }) => outcome !== RIGHT)).toEqual([]);
  expect(load.asked.length).toBeGreaterThan(600);
  expect(stalls.mostInAnySecond(queriesOf(sandbox).map(({ at }) => at))).toBeLessThanOrEqual(15);
  expect(tokenCallsOf(sandbox)).toBe(1);
});
