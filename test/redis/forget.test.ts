import { describe, expect, it, onTestFinished } from 'vitest';
import type { Gateway } from '../../src/gateway.ts';
import type { LookupKind } from '../../src/lookup-kinds.ts';
import type { SandboxPerson } from '../../src/sandbox/sandbox.ts';
import { gatewaysWithRedis, keptIn, peopleKeys } from '../support/gateways-with-redis.ts';

const lookUp = async (gateway: Gateway, kind: LookupKind, identifier: string, tenantKey?: string) =>
  (await gateway.directory.lookup({ kind, identifiers: [identifier], tenantKey }))[0];

function somebody(people: readonly SandboxPerson[]) {
  const person = people.find(({ email, out_id }) => email && out_id);
  return { key: person?.user_key ?? '', outId: person?.out_id ?? '', email: person?.email ?? '' };
}

describe('a user forgotten by one gateway', () => {
  it.each(['key', 'outId', 'email'] as const)(
    'is forgotten by all, and by Redis, with all aliases: by %s',
    async (kind) => {
      const { gateways, redis, sandbox, upstreamCalls } = await gatewaysWithRedis({ count: 3 });
      const names = somebody(sandbox.people);
      for (const each of ['key', 'outId', 'email'] as const) await lookUp(gateways[0], each, names[each]);
      await lookUp(gateways[0], 'email', names.email);
      const others = sandbox.people.slice(200, 210).map(({ user_key }) => user_key);
      await gateways[1].directory.lookup({ kind: 'key', identifiers: others });
      await keptIn(redis, 13);
      for (const gateway of gateways)
        for (const each of ['key', 'outId', 'email'] as const) await lookUp(gateway, each, names[each]);

      const keys = await peopleKeys(redis);
      // The third has never been asked to look them up: it learned of them from Redis.
      expect(await gateways[2]?.forget({ kind, identifier: names[kind] })).toMatchObject({ replicas: 3 });

      expect(keys.length - (await peopleKeys(redis)).length).toBe(3);
      for (const gateway of gateways) {
        const before = upstreamCalls().length;
        expect(await lookUp(gateway, kind, names[kind])).toMatchObject({ key: names.key });
        expect(upstreamCalls()).toHaveLength(before + 1);
        await gateways[0].forget({ kind: 'key', identifier: names.key });
      }
      const calls = upstreamCalls().length;
      await gateways[2]?.directory.lookup({ kind: 'key', identifiers: others });
      expect(upstreamCalls()).toHaveLength(calls);
    },
  );

  it('is forgotten for all tenants that were named', async () => {
    const { gateways, redis, sandbox, upstreamCalls } = await gatewaysWithRedis();
    const person = sandbox.people.find(({ email, tenant_key }) => email && tenant_key);
    if (!person?.email || !person.tenant_key) throw new TypeError('Expected somebody of another tenant.');
    await lookUp(gateways[0], 'email', person.email, person.tenant_key);
    await keptIn(redis, 3);
    await gateways[1].forget({ kind: 'key', identifier: person.user_key });
    expect(await peopleKeys(redis)).toEqual([]);
    await lookUp(gateways[0], 'email', person.email, person.tenant_key);
    expect(upstreamCalls()).toHaveLength(2);
  });

  it.each(['outId', 'email'] as const)(
    'is forgotten for all named tenants, even those unknown to this gateway: by %s',
    async (kind) => {
      const { gateways, redis, sandbox } = await gatewaysWithRedis();
      const person = sandbox.people.find(({ email, out_id, tenant_key }) => email && out_id && tenant_key);
      if (!person?.email || !person.out_id || !person.tenant_key) throw new TypeError('Expected somebody.');
      await lookUp(gateways[0], 'email', person.email, person.tenant_key);
      await keptIn(redis, 3);
      await gateways[1].forget({ kind, identifier: kind === 'email' ? person.email : person.out_id });
      expect(await peopleKeys(redis)).toEqual([]);
    },
  );

  it('is not brought back by a call that left before', async () => {
    const { gateways, redis, sandbox } = await gatewaysWithRedis({ sandbox: { latencyMs: 300 } });
    const { key } = somebody(sandbox.people);
    const underWay = lookUp(gateways[0], 'key', key);
    await expect.poll(() => sandbox.calls().some((call) => call.interface === 'user_query')).toBe(true);
    await gateways[1].forget({ kind: 'key', identifier: key });
    expect(await underWay).toMatchObject({ key });
    // What comes next is written later than what came before.
    await lookUp(gateways[0], 'key', '1');
    await expect.poll(() => peopleKeys(redis)).toHaveLength(1);
    await expect.poll(async () => redis.client.pttl((await peopleKeys(redis))[0] ?? '')).toBeLessThanOrEqual(5_000);
  });

  it('is not said to be forgotten where Redis is away: ask again', async () => {
    const { gateways, redis, sandbox } = await gatewaysWithRedis();
    const { key } = somebody(sandbox.people);
    await lookUp(gateways[0], 'key', key);
    await redis.kill();
    await expect(gateways[0].forget({ kind: 'key', identifier: key })).rejects.toMatchObject({
      code: 'FORGET_INCOMPLETE',
    });
    await redis.start();
    await expect
      .poll(() => gateways.map((gateway) => gateway.readiness().shared))
      .toEqual([
        { isUp: true, replicas: 2 },
        { isUp: true, replicas: 2 },
      ]);
    expect(await gateways[0].forget({ kind: 'key', identifier: key })).toMatchObject({ replicas: 2 });
  });

  it('is not said to be forgotten where one that is there does not answer', async () => {
    const { gateways, redis, sandbox } = await gatewaysWithRedis();
    const [list = ''] = await redis.client.keys('*replicas');
    const [seconds] = await redis.client.time();
    await redis.client.zadd(list, (Number(seconds) + 3) * 1_000_000, 'gone');
    // Nor where somebody who can listen and write there, without the secret, says so in its place.
    const stranger = redis.client.duplicate();
    onTestFinished(() => stranger.disconnect());
    const heard: string[] = [];
    await stranger.subscribe(list.replace(/replicas$/, 'acknowledged'));
    stranger.on('message', (channel: string, text: string) => {
      if (heard.push(text) === 1) void redis.client.publish(channel, `${text.split(' ')[0]} gone`);
    });
    const { key } = somebody(sandbox.people);
    await expect(gateways[0].forget({ kind: 'key', identifier: key })).rejects.toMatchObject({
      code: 'FORGET_INCOMPLETE',
    });
  });

  it('is forgotten without waiting for one that was there before the clock of the server was put back', async () => {
    const { gateways, redis } = await gatewaysWithRedis();
    const [list = ''] = await redis.client.keys('*replicas');
    const [seconds] = await redis.client.time();
    await redis.client.zadd(list, (Number(seconds) + 3_600) * 1_000_000, 'gone');
    await expect.poll(() => redis.client.zscore(list, 'gone')).toBe(null);
    expect(await gateways[0].forget({ kind: 'key', identifier: '1' })).toMatchObject({ replicas: 2 });
  });

  it('is forgotten later by one that was away from Redis', async () => {
    const { gateways, redis, sandbox, upstreamCalls } = await gatewaysWithRedis();
    const { key } = somebody(sandbox.people);
    for (const gateway of gateways) await lookUp(gateway, 'key', key);
    const before = upstreamCalls().length;
    await redis.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    // All that listen have to come back, and hear what was told meanwhile.
    await gateways[0].forget({ kind: 'key', identifier: key }).catch(() => {});
    await expect
      .poll(async () => {
        await lookUp(gateways[1], 'key', key);
        return upstreamCalls().length;
      })
      .toBeGreaterThan(before);
  });
});
