import { expect, it } from 'vitest';
import { type Asked, keepBusy, RIGHT } from '../support/load.ts';
import { startRedis } from '../support/redis-server.ts';
import { queriesOf, startLimitedSandbox, startReplicas } from '../support/replicas.ts';
import { NO_CALM, watchStalls } from '../support/stalls.ts';

/** What a dead replica has reserved counts for a while; and gateways that have just started are careful. */
const SETTLED_MS = 3_000;
const MEASURED_MS = 6_000;

it('a replica is killed: only what it had under way fails, and the others take over the whole quota', async (test) => {
  const redis = await startRedis();
  const sandbox = await startLimitedSandbox(300_000);
  const [killed, ...others] = await startReplicas(3, sandbox, redis.url);
  if (!killed) throw new Error('Expected three replicas.');
  const stalls = watchStalls();
  const doomed = keepBusy({ urls: () => [killed.url], listsAtOnce: 6, peoplePerList: 100, firstNumber: 200_001 });
  const load = keepBusy({ urls: () => others.map(({ url }) => url), listsAtOnce: 6, peoplePerList: 100 });
  const arrivals = () => queriesOf(sandbox).map(({ at }) => at);

  const before = await stalls.calmStretch(SETTLED_MS + MEASURED_MS);
  const killedAt = performance.now();
  killed.cli.process.kill('SIGKILL');
  await doomed.stop();
  const after = await stalls.calmStretch(SETTLED_MS + MEASURED_MS);
  await load.stop();

  const failed = doomed.asked.filter(isWrong);
  expect(failed.length).toBeGreaterThan(0);
  expect(failed.filter(({ sentAt, endedAt }) => sentAt > killedAt || endedAt < killedAt)).toEqual([]);
  expect(load.asked.filter(isWrong)).toEqual([]);
  expect(stalls.mostInAnySecond(arrivals())).toBeLessThanOrEqual(15);

  test.skip(before === undefined || after === undefined, NO_CALM);
  const callsIn = (calmFrom = 0) => {
    const from = calmFrom + SETTLED_MS;
    return arrivals().filter((at) => at >= from && at < from + MEASURED_MS).length;
  };
  expect(callsIn(before)).toBeGreaterThan(0);
  expect(callsIn(after)).toBeGreaterThanOrEqual(0.9 * callsIn(before));
});

const isWrong = ({ outcome }: Asked) => outcome !== RIGHT;
