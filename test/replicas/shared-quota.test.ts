import { expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { keepBusy, RIGHT } from '../support/load.ts';
import { startRedis } from '../support/redis-server.ts';
import { queriesOf, startLimitedSandbox, startReplica, startReplicas, tokenCallsOf } from '../support/replicas.ts';
import { NO_CALM, watchStalls } from '../support/stalls.ts';

/** Gateways that have just started are careful, and so are those that were refused a call. */
const WARM_UP_MS = 4_000;
const MEASURED_MS = 8_000;

it('three replicas keep one quota, get as much out of it as one gateway alone, starve none, and have one token', async (test) => {
  const redis = await startRedis();
  const [together, apart] = [await startLimitedSandbox(100_000), await startLimitedSandbox(100_000)];
  // So that all of them want a token before the first has it.
  together.faults.start({ name: 'latency', interface: 'plugin_token', ms: 400 });
  const replicas = await startReplicas(3, together, redis.url);
  const alone = await startReplica(apart, {});
  await expect.poll(async () => (await alone.readiness()).status).toBe(200);

  // At the same time: whatever else this machine has to do, it is the same for both.
  const stalls = watchStalls();
  const urls = replicas.map(({ url }) => url);
  const shared = keepBusy({ urls: () => urls, listsAtOnce: 5, peoplePerList: 100 });
  const single = keepBusy({ urls: () => [alone.url], listsAtOnce: 15, peoplePerList: 100 });
  const calmFrom = await stalls.calmStretch(WARM_UP_MS + MEASURED_MS);
  await Promise.all([shared.stop(), single.stop()]);
  expect([...shared.asked, ...single.asked].filter(({ outcome }) => outcome !== RIGHT)).toEqual([]);
  expect(stalls.mostInAnySecond(queriesOf(together).map(({ at }) => at))).toBeLessThanOrEqual(15);
  expect(tokenCallsOf(together)).toBe(1);

  test.skip(calmFrom === undefined, NO_CALM);
  const from = (calmFrom ?? 0) + WARM_UP_MS;
  const to = from + MEASURED_MS;
  const answered = shared.asked.filter(({ endedAt }) => endedAt >= from && endedAt < to);
  expect(answered.length).toBeGreaterThan(0);
  for (const url of urls) {
    expect(answered.filter((asked) => asked.url === url).length).toBeGreaterThanOrEqual(0.2 * answered.length);
  }
  expect(peopleAskedFor(together, from, to)).toBeGreaterThanOrEqual(0.9 * peopleAskedFor(apart, from, to));
});

/** Within a stretch of sandbox time; each once, however often they were asked for. */
function peopleAskedFor(sandbox: Sandbox, from: number, to: number): number {
  const calls = queriesOf(sandbox).filter(({ at }) => at >= from && at < to);
  return new Set(calls.flatMap(({ body }) => (body as { user_keys: string[] }).user_keys)).size;
}
