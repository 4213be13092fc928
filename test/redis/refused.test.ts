import { expect, it } from 'vitest';
import { gatewaysWithRedis } from '../support/gateways-with-redis.ts';
import { keptLog } from '../support/kept-log.ts';
import { startRedis } from '../support/redis-server.ts';

const patient = { timeout: 15_000 };
const UNAVAILABLE = 'Redis is unavailable or rejects commands. The gateway continues without it.';

async function twoWith(...mayNot: string[]) {
  const redis = await startRedis();
  await redis.client.call('ACL', 'SETUSER', 'default', ...mayNot);
  const { log, lines } = keptLog();
  const replicas = await gatewaysWithRedis({ server: redis, gateway: { log } });
  return { ...replicas, outcomes: () => lines(UNAVAILABLE).map(({ fields }) => fields?.outcome), lines };
}

it('a reachable Redis that rejects commands is reported as a failure, with the reason; and so is the end', async () => {
  const { gateways, redis, sandbox, outcomes, lines } = await twoWith('-mget');
  const keys = sandbox.people.map(({ user_key }) => user_key);
  for (const key of keys.slice(0, 20)) await gateways[0].directory.lookup({ kind: 'key', identifiers: [key] });
  expect(outcomes()).toEqual(['NOPERM']);
  expect(gateways.map((gateway) => gateway.readiness().shared?.isUp)).toEqual([false, true]);
  await redis.client.call('ACL', 'SETUSER', 'default', '+mget');
  await gateways[0].directory.lookup({ kind: 'key', identifiers: keys.slice(20, 21) });
  expect(lines('Redis is available again.')).toHaveLength(1);
  expect(gateways[0].readiness().shared?.isUp).toBe(true);
});

it('a Redis user without permission for the channels is reported as a failure, once: forgetting could not be published', async () => {
  const { gateways, redis, outcomes } = await twoWith('resetchannels');
  await expect.poll(outcomes, patient).toEqual(['NOPERM', 'NOPERM']);
  await expect(gateways[0].forget({ kind: 'key', identifier: '1' })).rejects.toMatchObject({
    code: 'FORGET_INCOMPLETE',
  });
  await redis.client.call('ACL', 'SETUSER', 'default', 'allchannels');
  const forget = () => gateways[0].forget({ kind: 'key', identifier: '1' }).catch(() => undefined);
  await expect.poll(forget, patient).toMatchObject({ replicas: 2 });
  await expect.poll(() => gateways.map((gateway) => gateway.readiness().shared?.isUp)).toEqual([true, true]);
  expect(outcomes()).toHaveLength(2);
}, 40_000);
