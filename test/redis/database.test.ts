import { expect, it } from 'vitest';
import { gatewaysWithRedis } from '../support/gateways-with-redis.ts';
import { keptLog } from '../support/kept-log.ts';
import { startRedis } from '../support/redis-server.ts';

it('a Redis without the database that is named is away, nothing is written to another, and the log says why', async () => {
  const redis = await startRedis('--databases', '4');
  const { log, entries } = keptLog();
  const { gateways, sandbox } = await gatewaysWithRedis({
    server: redis,
    redis: { url: `${redis.url}/9` },
    gateway: { log },
  });
  const key = sandbox.people[0]?.user_key ?? '';
  expect(await gateways[0].directory.lookup({ kind: 'key', identifiers: [key] })).toMatchObject([{ key }]);
  expect(gateways[0].readiness().shared?.isUp).toBe(false);
  expect(await redis.client.dbsize()).toBe(0);
  const told = entries.filter(({ message }) => message.startsWith('Redis is unavailable'));
  expect(told.map(({ fields }) => fields?.outcome)).toEqual(['NODATABASE', 'NODATABASE']);
});

it('one that has it is used', async () => {
  const redis = await startRedis('--databases', '4');
  const { gateways } = await gatewaysWithRedis({ server: redis, redis: { url: `${redis.url}/3` } });
  await expect.poll(() => gateways[0].readiness().shared).toEqual({ isUp: true, replicas: 2 });
  expect(await redis.client.dbsize()).toBe(0);
});
