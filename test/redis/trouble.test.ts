import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import type { Gateway } from '../../src/gateway.ts';
import { apiKeyOf, bearer } from '../support/callers.ts';
import { freePort } from '../support/free-port.ts';
import { post } from '../support/gateway-with-sandbox.ts';
import { gatewaysWithRedis, keptIn } from '../support/gateways-with-redis.ts';
import { keptLog } from '../support/kept-log.ts';
import { CREDENTIAL } from '../support/mistakes-of.ts';

const keysOf = (people: readonly { user_key: string }[], count: number) =>
  people.slice(0, count).map(({ user_key }) => user_key);

async function identifiersOf(gateway: Gateway, identifiers: string[]) {
  const people = await gateway.directory.lookup({ kind: 'key', identifiers });
  return people.map((person) => (person && 'key' in person ? person.key : person));
}

describe('while Redis', () => {
  it('is not there at the start, everything works without', async () => {
    const port = await freePort();
    const { gateways, sandbox } = await gatewaysWithRedis({ redis: { url: `redis://127.0.0.1:${port}` } });
    const keys = keysOf(sandbox.people, 10);
    expect(await identifiersOf(gateways[0], keys)).toEqual(keys);
    expect(gateways[0].readiness()).toMatchObject({ isReady: true, shared: { isUp: false } });
  });

  it('is not there at the start, each of several workers keeps its share of the quota', async () => {
    const url = `redis://127.0.0.1:${await freePort()}`;
    const { redis } = readConfig({ environment: { ...CREDENTIAL, WORKERS: '3', REDIS_URL: url } });
    const { gateways } = await gatewaysWithRedis({ redis: { ...redis } });
    await gateways[0].directory.lookup({ kind: 'key', identifiers: ['1'] });
    expect(gateways[0].directory.state().quotaLimit).toBe(5);
  });

  it('is frozen, cached users are served, others after a permit, and no lookup fails', async () => {
    const { gateways, redis, sandbox, events } = await gatewaysWithRedis({ redis: { timeoutMs: 20 } });
    const keys = keysOf(sandbox.people, 10);
    await identifiersOf(gateways[0], keys.slice(0, 5));
    redis.freeze();
    expect(await identifiersOf(gateways[0], keys.slice(0, 5))).toEqual(keys.slice(0, 5));
    expect(await identifiersOf(gateways[0], keys)).toEqual(keys);
    expect(await identifiersOf(gateways[1], keys)).toEqual(keys);
    await expect.poll(() => gateways[0].readiness().shared?.isUp).toBe(false);
    // From then on nothing is sent there: it could not hold up anybody.
    const before = events.length;
    expect(await identifiersOf(gateways[0], keysOf(sandbox.people, 40).slice(30))).toHaveLength(10);
    const sent = events
      .slice(before)
      .filter((event) => event.type === 'redis-command' && event.command !== 'heartbeat');
    expect(sent.map((event) => event.type === 'redis-command' && event.outcome)).not.toContain('timeout');
    redis.thaw();
    await expect.poll(() => gateways[0].readiness().shared?.isUp).toBe(true);
  });

  it('accepts connections and never says a word, the start does without it', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const { gateways, sandbox } = await gatewaysWithRedis({ redis: { url: `redis://127.0.0.1:${port}` } });
    const keys = keysOf(sandbox.people, 3);
    expect(await identifiersOf(gateways[0], keys)).toEqual(keys);
    silent.close();
  });

  it('is full, lookups succeed, and the quota is kept by shares', async () => {
    const { gateways, redis, sandbox } = await gatewaysWithRedis();
    await redis.client.config('SET', 'maxmemory-policy', 'noeviction');
    await redis.client.config('SET', 'maxmemory', '1');
    await expect.poll(() => gateways.map((gateway) => gateway.readiness().shared?.isUp)).toEqual([false, false]);
    const keys = keysOf(sandbox.people, 10);
    expect(await identifiersOf(gateways[0], keys)).toEqual(keys);
    expect(await identifiersOf(gateways[1], keys)).toEqual(keys);
    await redis.client.config('SET', 'maxmemory', '0');
    await expect.poll(() => gateways.map((gateway) => gateway.readiness().shared?.isUp)).toEqual([true, true]);
  });

  it('does not allow scripts, it is done without them', async () => {
    const { gateways, redis, sandbox } = await gatewaysWithRedis();
    await redis.client.call('ACL', 'SETUSER', 'default', '-evalsha', '-eval');
    const keys = keysOf(sandbox.people, 10);
    expect(await identifiersOf(gateways[0], keys)).toEqual(keys);
    await redis.client.call('ACL', 'SETUSER', 'default', '+@all');
  });

  it('has lost everything, it is filled again', async () => {
    const { gateways, redis, sandbox, upstreamCalls } = await gatewaysWithRedis();
    const keys = keysOf(sandbox.people, 10);
    await identifiersOf(gateways[0], keys);
    await keptIn(redis, 10);
    await redis.client.flushall();
    await redis.client.script('FLUSH');
    expect(await identifiersOf(gateways[1], keys)).toEqual(keys);
    expect(upstreamCalls()).toHaveLength(2);
    await keptIn(redis, 10);
  });

  it('goes away and comes back, the log and readiness report it, once each', async () => {
    const { log, entries } = keptLog();
    const { gateways, redis } = await gatewaysWithRedis({ gateway: { log } });
    await expect.poll(() => gateways[0].readiness().shared?.replicas).toBe(2);
    await redis.kill();
    await expect.poll(() => gateways[0].readiness().shared?.isUp).toBe(false);
    const response = await gateways[0].fetch(new Request('http://localhost/readiness'));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'ready', redis: { status: 'away', replicas: 2 } });
    await redis.start();
    await expect.poll(() => gateways.map((gateway) => gateway.readiness().shared?.isUp)).toEqual([true, true]);
    const told = entries.filter(({ message }) => message.includes('Redis'));
    expect(told.filter(({ level }) => level === 'warn')).toHaveLength(2);
    expect(told.filter(({ level }) => level === 'info')).toHaveLength(2);
  });
});

it('a gateway that is stopped is not counted any more', async () => {
  const { gateways, redis } = await gatewaysWithRedis({ count: 3 });
  await expect.poll(() => gateways[0].readiness().shared?.replicas).toBe(3);
  await gateways[2]?.dispose();
  await expect.poll(() => gateways[0].readiness().shared?.replicas).toBe(2);
  expect(await redis.client.keys('*replicas')).toHaveLength(1);
});

it('limits of callers are counted over all gateways, and in each where Redis is away', async () => {
  const { gateways, redis } = await gatewaysWithRedis({
    gateway: { auth: { kind: 'api-key', keys: [apiKeyOf('alice', { name: 'alice' })] }, identifiersPerMinute: 5 },
  });
  const ask = async (gateway: Gateway) => {
    const response = await post(gateway, { query: '{ user(key: "1") { key } }' }, bearer('alice'));
    return response.status;
  };
  const statuses: number[] = [];
  for (let n = 0; n < 8; n++) statuses.push(await ask(gateways[n % 2] ?? gateways[0]));
  expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
  await redis.kill();
  await expect.poll(() => gateways[0].readiness().shared?.isUp).toBe(false);
  expect(await ask(gateways[0])).toBe(200);
});
