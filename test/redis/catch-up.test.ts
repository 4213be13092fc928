import { EventEmitter } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { createGateway } from '../../src/gateway.ts';
import type { RedisClient } from '../../src/redis/connect.ts';
import { createEncryption } from '../../src/redis/encryption.ts';
import { createRedisForgetChannel } from '../../src/redis/forget-channel.ts';
import { createKeyNames } from '../../src/redis/key-names.ts';
import { gatewaysWithRedis, peopleKeys } from '../support/gateways-with-redis.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { wayToRedis } from '../support/way-to-redis.ts';

const patient = { timeout: 15_000 };

/** Two gateways, and one far away that remembers somebody whom the two were told to forget while its way to Redis was cut. */
async function whileOneIsAway(redis: RedisServer) {
  const way = await wayToRedis(redis.port);
  const { gateways, sandbox, upstreamCalls } = await gatewaysWithRedis({ server: redis });
  const far = createGateway({
    baseUrl: sandbox.url,
    ...sandbox.credential,
    auth: { kind: 'none', hosts: 'any' },
    redis: { url: way.url, timeoutMs: 500 },
  });
  onTestFinished(() => far.dispose());
  await far.whenReady;
  const key = sandbox.people[0]?.user_key ?? '';
  const other = sandbox.people[1]?.user_key ?? '';
  await far.directory.lookup({ kind: 'key', identifiers: [key, other] });
  await expect.poll(() => gateways[0].readiness().shared?.replicas, patient).toBe(3);
  way.cut();
  await expect.poll(() => gateways[0].readiness().shared?.replicas, patient).toBe(2);
  expect(await gateways[0].forget({ kind: 'key', identifier: key })).toMatchObject({ replicas: 2 });
  const hasForgotten = async (whom = key) => {
    const before = upstreamCalls().length;
    await far.directory.lookup({ kind: 'key', identifiers: [whom] });
    return upstreamCalls().length > before;
  };
  return { way, far, other, hasForgotten };
}

it('a gateway that was away, and cannot read at first what it has missed, reads it later', async () => {
  const redis = await startRedis();
  const { way, far, other, hasForgotten } = await whileOneIsAway(redis);
  await redis.client.call('ACL', 'SETUSER', 'default', '-zrangebyscore');
  way.mend();
  await expect.poll(() => far.readiness().shared?.isUp, patient).toBe(true);
  const refusals = async () =>
    /cmdstat_zrangebyscore:.*rejected_calls=([1-9])/.test(await redis.client.info('commandstats'));
  await expect.poll(refusals, patient).toBe(true);
  expect(await hasForgotten()).toBe(false);
  await redis.client.call('ACL', 'SETUSER', 'default', '+zrangebyscore');
  await expect.poll(() => hasForgotten(), patient).toBe(true);
  expect(await hasForgotten(other)).toBe(false);
}, 40_000);

it('a gateway that was away while the list of forgotten users was lost forgets all users', async () => {
  const redis = await startRedis();
  const { way, other, hasForgotten } = await whileOneIsAway(redis);
  const [list = ''] = await redis.client.keys('*forgotten');
  await redis.client.del(list);
  way.mend();
  await expect.poll(() => hasForgotten(), patient).toBe(true);
  // They are in Redis still: whoever was asked for there is not asked for again.
  await redis.client.del(await peopleKeys(redis));
  expect(await hasForgotten(other)).toBe(true);
}, 40_000);

it('a gateway that hears everything keeps whom it knows, also where that list is lost', async () => {
  const redis = await startRedis();
  const { gateways, sandbox, upstreamCalls } = await gatewaysWithRedis({ server: redis });
  const identifiers = [sandbox.people[0]?.user_key ?? ''];
  await gateways[0].directory.lookup({ kind: 'key', identifiers });
  const listsNow = () => redis.client.keys('*forgotten');
  await expect.poll(listsNow, patient).toHaveLength(1);
  await redis.client.flushall();
  await expect.poll(listsNow, patient).toHaveLength(1);
  await redis.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  const forget = () => gateways[1].forget({ kind: 'key', identifier: '1' }).catch(() => undefined);
  await expect.poll(forget, patient).toMatchObject({ replicas: 2 });
  await gateways[0].directory.lookup({ kind: 'key', identifiers });
  expect(upstreamCalls()).toHaveLength(1);
}, 40_000);

it('the list of whom to forget is kept in use by all that are there', async () => {
  const { redis } = await gatewaysWithRedis();
  await expect.poll(() => redis.client.keys('*forgotten'), patient).toHaveLength(1);
  const [list = ''] = await redis.client.keys('*forgotten');
  await redis.client.pexpire(list, 30_000);
  await expect.poll(() => redis.client.pttl(list), patient).toBeGreaterThan(30_000);
});

it('a gateway that could not read at its start looks back to its start', async () => {
  let now = 1_000_000;
  const looksBackTo: unknown[] = [];
  const subscriber = Object.assign(new EventEmitter(), { status: 'ready', subscribe: async () => 2 });
  const zrangebyscore = async (_key: string, from: unknown) => {
    looksBackTo.push(from);
    if (looksBackTo.length === 1) throw new Error('Not now.');
    return ['since:0:a'];
  };
  const names = { baseUrl: 'http://a', pluginId: 'b', tokenType: 'official', userKey: undefined } as const;
  createRedisForgetChannel({
    connection: {
      run: (_kind, command) => command({ zrangebyscore } as unknown as RedisClient),
      upSince: () => 0,
      isRefusing: () => false,
      lastCode: () => undefined,
      noteBeat() {},
      close() {},
    },
    subscriber: subscriber as unknown as RedisClient,
    keys: createKeyNames('test:', names),
    encryptedEntry: createEncryption('secret'),
    heartbeat: {
      replicas: () => 1,
      serverTimeAt: (at) => at,
      localTimeAt: (at) => at,
      countedSince: () => 0,
      mark: () => undefined,
      completeSince: () => 0,
      tenantsMark: () => undefined,
      first: Promise.resolve(),
      stop: async () => {},
    },
    users: { allIdentifiers: async (requested) => requested, remove: async () => {} },
    written: async () => {},
    replica: 'a',
    keepMs: 60_000,
    clock: () => now,
  }).listen(
    () => {},
    () => {},
  );
  subscriber.emit('ready');
  await expect.poll(() => looksBackTo).toHaveLength(1);
  now += 3_600_000;
  subscriber.emit('close');
  subscriber.emit('ready');
  await expect.poll(() => looksBackTo).toHaveLength(2);
  subscriber.emit('end');
  expect(looksBackTo[1]).toBe(looksBackTo[0]);
});
