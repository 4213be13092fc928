import { expect, it, onTestFinished } from 'vitest';
import { createGateway } from '../../src/gateway.ts';
import { gatewaysWithRedis, keptIn, peopleKeys, type Replicas } from '../support/gateways-with-redis.ts';

async function oneMore({ redis, sandbox }: Pick<Replicas, 'redis' | 'sandbox'>) {
  const gateway = createGateway({
    baseUrl: sandbox.url,
    ...sandbox.credential,
    auth: { kind: 'none', hosts: 'any' },
    redis: { url: redis.url, timeoutMs: 500 },
  });
  onTestFinished(() => gateway.dispose());
  await gateway.whenReady;
  return gateway;
}

/** Whoever was forgotten was so long ago that nobody is told once more, to be on the safe side. */
async function aMinuteLater({ client }: Replicas['redis']) {
  const [list = ''] = await client.keys('*forgotten');
  for (const told of await client.zrangebyscore(list, '-inf', '+inf')) await client.zincrby(list, -60_000_000, told);
}

/** Somebody whom one of two gateways has found by address in a tenant that it named. */
async function setUp() {
  const replicas = await gatewaysWithRedis();
  const { gateways, redis, sandbox } = replicas;
  const person = sandbox.people.find(({ email, tenant_key }) => email && tenant_key);
  if (!person?.email || !person.tenant_key) throw new TypeError('Expected somebody of another tenant.');
  const request = { kind: 'email', identifiers: [person.email], tenantKey: person.tenant_key } as const;
  await gateways[0].directory.lookup(request);
  await keptIn(redis, 3);
  return { ...replicas, key: person.user_key, request };
}

it('a forgotten user of a tenant is served by no gateway that starts later, even if Redis has lost the aliases', async () => {
  const { gateways, redis, sandbox, upstreamCalls, key, request } = await setUp();
  // As one that is full may: who has not been used for longest goes first, and these are not read with people.
  for (const kept of await redis.client.keys('*'))
    if (['set', 'hash'].includes(await redis.client.type(kept))) await redis.client.del(kept);
  const forget = () => gateways[1].forget({ kind: 'key', identifier: key }).catch(({ code }) => ({ code }));
  await expect.poll(forget).toMatchObject({ replicas: 2 });
  await aMinuteLater(redis);
  const later = await oneMore({ redis, sandbox });
  const before = upstreamCalls().length;
  expect(await later.directory.lookup(request)).toMatchObject([{ key }]);
  expect(upstreamCalls()).toHaveLength(before + 1);
});

it('a forgotten user whose aliases Redis has lost is served by no gateway that starts later', async () => {
  const { gateways, redis, sandbox, upstreamCalls } = await gatewaysWithRedis();
  const person = sandbox.people.find(({ out_id }) => out_id);
  const [identifiers, identifier] = [[person?.user_key ?? ''], person?.out_id ?? ''];
  await gateways[0].directory.lookup({ kind: 'key', identifiers });
  await keptIn(redis, 2);
  const kept = await Promise.all(
    (await peopleKeys(redis)).map(async (key) => ({ key, bytes: await redis.client.strlen(key) })),
  );
  // The person is longer than what leads there.
  const [alias] = kept.toSorted((a, b) => a.bytes - b.bytes);
  await redis.client.del(alias?.key ?? '');
  expect(await gateways[1].forget({ kind: 'outId', identifier })).toMatchObject({ replicas: 2 });
  await aMinuteLater(redis);
  const later = await oneMore({ redis, sandbox });
  await later.directory.lookup({ kind: 'key', identifiers });
  expect(upstreamCalls()).toHaveLength(2);
});

it('no user is served from Redis that was cached before the list of forgotten users was lost', async () => {
  const { gateways, redis, sandbox, upstreamCalls } = await gatewaysWithRedis();
  const identifiers = [sandbox.people[0]?.user_key ?? ''];
  await gateways[0].directory.lookup({ kind: 'key', identifiers });
  await keptIn(redis, 1);
  const [list = ''] = await redis.client.keys('*forgotten');
  await redis.client.del(list);
  await expect.poll(() => redis.client.exists(list)).toBe(1);
  const later = await oneMore({ redis, sandbox });
  await later.directory.lookup({ kind: 'key', identifiers });
  expect(upstreamCalls()).toHaveLength(2);
});

it('nothing is in Redis without an end', async () => {
  const { redis } = await setUp();
  const keys = await redis.client.keys('*');
  expect(keys.length).toBeGreaterThan((await peopleKeys(redis)).length);
  for (const key of keys) expect(await redis.client.pttl(key)).toBeGreaterThan(0);
});

it('nothing in Redis reveals a tenant', async () => {
  const { redis, request } = await setUp();
  for (const key of await redis.client.keys('*'))
    expect((await redis.client.dump(key))?.includes(request.tenantKey)).toBe(false);
});
