import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createRequestContext } from '../../src/directory/request-context.ts';
import type { Gateway } from '../../src/gateway.ts';
import type { LookupKind } from '../../src/lookup-kinds.ts';
import type { SandboxPerson } from '../../src/sandbox/sandbox.ts';
import { gatewaysWithRedis, keptIn, peopleKeys } from '../support/gateways-with-redis.ts';
import { startRedis } from '../support/redis-server.ts';

const everywhere = ({ email, out_id }: SandboxPerson) => Boolean(email && out_id);

async function lookUp(gateway: Gateway, kind: LookupKind, identifier: string, tenantKey?: string) {
  const [result] = await gateway.directory.lookup({ kind, identifiers: [identifier], tenantKey });
  return result;
}

describe('users looked up by one gateway', () => {
  it.each(['key', 'outId', 'email'] as const)(
    'are a hit in another, by any identifier: looked up by %s',
    async (kind) => {
      const { gateways, redis, sandbox, upstreamCalls } = await gatewaysWithRedis();
      const person = sandbox.people.find(everywhere);
      if (!person) throw new TypeError('Expected somebody with all identifiers.');
      const names = { key: person.user_key, outId: person.out_id ?? '', email: person.email ?? '' };
      const found = await lookUp(gateways[0], kind, names[kind]);
      // An address is known only where it was asked for: it may not be linked.
      const known = kind === 'email' ? (['key', 'outId', 'email'] as const) : (['key', 'outId'] as const);
      await keptIn(redis, known.length);
      for (const other of known) expect(await lookUp(gateways[1], other, names[other])).toEqual(found);
      expect(upstreamCalls()).toHaveLength(1);
    },
  );

  it('in another spelling of an address too', async () => {
    const { gateways, redis, sandbox, upstreamCalls } = await gatewaysWithRedis();
    const email = sandbox.people.find(everywhere)?.email ?? '';
    await lookUp(gateways[0], 'email', email);
    await keptIn(redis, 3);
    expect(await lookUp(gateways[1], 'email', email.toUpperCase())).toMatchObject({ email });
    expect(upstreamCalls()).toHaveLength(1);
  });

  it('are found by an address for its own time, though they were looked up by key since', async () => {
    const { gateways, sandbox, upstreamCalls } = await gatewaysWithRedis({ gateway: { cache: { ttlMs: 1_000 } } });
    const person = sandbox.people.find(everywhere);
    await lookUp(gateways[0], 'email', person?.email ?? '');
    await sleep(600);
    const context = createRequestContext({ bypassCache: true });
    await gateways[0].directory.lookup({ kind: 'key', identifiers: [person?.user_key ?? ''], request: context });
    await sleep(600);
    const before = upstreamCalls().length;
    expect(await lookUp(gateways[1], 'email', person?.email ?? '')).toMatchObject({ key: person?.user_key });
    expect(upstreamCalls()).toHaveLength(before + 1);
  });

  it('"not found" is shared as well, with its own TTL', async () => {
    const { gateways, redis, upstreamCalls } = await gatewaysWithRedis();
    for (const [kind, nobody] of [
      ['key', '1'],
      ['email', 'nobody@example.com'],
    ] as const) {
      expect(await lookUp(gateways[0], kind, nobody)).toBeNull();
      await expect.poll(() => peopleKeys(redis)).not.toEqual([]);
      const [key = ''] = await peopleKeys(redis);
      const left = await redis.client.pttl(key);
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(5_000);
      const before = upstreamCalls().length;
      expect(await lookUp(gateways[1], kind, nobody)).toBeNull();
      expect(upstreamCalls()).toHaveLength(before);
      await redis.client.flushall();
    }
  });

  it('are asked for in one MGET, those of several requests together', async () => {
    const { gateways, redis, sandbox, upstreamCalls } = await gatewaysWithRedis();
    const keys = sandbox.people.slice(0, 100).map(({ user_key }) => user_key);
    await gateways[0].directory.lookup({ kind: 'key', identifiers: keys });
    await keptIn(redis, 100);
    await redis.client.config('RESETSTAT');
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        gateways[1].directory.lookup({ kind: 'key', identifiers: keys.slice(index * 5, index * 5 + 5) }),
      ),
    );
    expect(answers.flat().map((person) => (person && 'key' in person ? person.key : undefined))).toEqual(keys);
    const stats = await redis.client.info('commandstats');
    expect(stats).toMatch(/cmdstat_mget:calls=1,/);
    expect(stats).not.toMatch(/cmdstat_get:/);
    expect(upstreamCalls()).toHaveLength(1);
  });

  it('have the TTL of the cache, and are served as stale only while the user API fails', async () => {
    const cache = { ttlMs: 400, staleMs: 60_000 };
    const { gateways, redis, sandbox, upstreamCalls } = await gatewaysWithRedis({ gateway: { cache } });
    const key = sandbox.people[0]?.user_key ?? '';
    const found = await lookUp(gateways[0], 'key', key);
    await keptIn(redis, 1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await lookUp(gateways[0], 'key', key)).toEqual(found);
    expect(upstreamCalls()).toHaveLength(2);
    await new Promise((resolve) => setTimeout(resolve, 500));
    sandbox.faults.start({ name: 'html', status: 503 });
    // This one has never asked: it knows the person from the other.
    expect(await lookUp(gateways[1], 'key', key)).toEqual(found);
  });

  it('a lookup that bypasses the cache updates it for all gateways', async () => {
    const { gateways, redis, sandbox, upstreamCalls } = await gatewaysWithRedis();
    const person = sandbox.people[0];
    if (!person) throw new TypeError('Expected somebody.');
    await lookUp(gateways[0], 'key', person.user_key);
    await keptIn(redis, 1);
    expect(upstreamCalls()).toHaveLength(1);
    const response = await gateways[1].fetch(
      new Request('http://localhost/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-lookup-cache': 'refresh' },
        body: JSON.stringify({ query: `{ user(key: "${person.user_key}") { key } }` }),
      }),
    );
    expect(await response.json()).toMatchObject({ data: { user: { key: person.user_key } } });
    expect(upstreamCalls()).toHaveLength(2);
  });

  it('of a tenant that was named are known under that tenant and address only', async () => {
    const { gateways, redis, sandbox, upstreamCalls } = await gatewaysWithRedis();
    const elsewhere = sandbox.people.find(({ email, tenant_key }) => email && tenant_key);
    if (!elsewhere?.email) throw new TypeError('Expected somebody of another tenant.');
    const found = await lookUp(gateways[0], 'email', elsewhere.email, elsewhere.tenant_key ?? '');
    expect(found).toMatchObject({ email: elsewhere.email });
    await keptIn(redis, 2);
    expect(await lookUp(gateways[1], 'email', elsewhere.email, elsewhere.tenant_key ?? '')).toEqual(found);
    expect(upstreamCalls()).toHaveLength(1);
    await lookUp(gateways[1], 'email', elsewhere.email);
    expect(upstreamCalls()).toHaveLength(2);
  });
});

describe('what is in Redis', () => {
  it('reveals no user: neither keys nor values contain an identifier, a name or a token', async () => {
    const { gateways, redis, sandbox } = await gatewaysWithRedis();
    const people = sandbox.people.filter(everywhere).slice(0, 50);
    for (const kind of ['key', 'outId', 'email'] as const) {
      const identifiers = people.map(
        ({ user_key, out_id, email }) => ({ key: user_key, outId: out_id ?? '', email: email ?? '' })[kind],
      );
      await gateways[0].directory.lookup({ kind, identifiers });
    }
    await keptIn(redis, 150);
    const tokens = sandbox.calls().flatMap(({ token }) => token ?? []);
    const secrets = [
      ...people.flatMap(({ user_key, out_id, email, name_cn, name_en, username }) => [
        user_key,
        out_id,
        email,
        name_cn,
        name_en,
        username,
      ]),
      ...tokens,
      sandbox.credential.pluginId,
      sandbox.credential.pluginSecret,
    ].filter((text) => text);
    expect(tokens.length).toBeGreaterThan(0);
    const told: string[] = [];
    for (const key of await redis.client.keys('*')) {
      const dump = await redis.client.dumpBuffer(key);
      told.push(key, dump?.toString('latin1') ?? '', dump?.toString('utf8') ?? '');
    }
    const all = told.join('\n');
    expect(secrets.filter((secret) => all.includes(String(secret)))).toEqual([]);
  });

  it('cannot be read with another key, and is done without', async () => {
    const first = await gatewaysWithRedis({ redis: { encryptionKey: 'a'.repeat(32) } });
    const key = first.sandbox.people[0]?.user_key ?? '';
    const found = await lookUp(first.gateways[0], 'key', key);
    await keptIn(first.redis, 1);
    const second = await gatewaysWithRedis({
      server: first.redis,
      redis: { encryptionKey: 'b'.repeat(32) },
      gateway: { baseUrl: first.sandbox.url },
    });
    expect(await lookUp(second.gateways[0], 'key', key)).toEqual(found);
    expect(first.upstreamCalls()).toHaveLength(2);
  });

  it('may be garbage: answers stay right, and it is replaced', async () => {
    const { gateways, redis, sandbox, upstreamCalls } = await gatewaysWithRedis();
    const keys = sandbox.people.slice(0, 20).map(({ user_key }) => user_key);
    await gateways[0].directory.lookup({ kind: 'key', identifiers: keys });
    await keptIn(redis, 20);
    const kept = await peopleKeys(redis);
    for (const [index, key] of kept.entries()) {
      const value = await redis.client.getBuffer(key);
      const swapped = await redis.client.getBuffer(kept[(index + 1) % kept.length] ?? '');
      // Noise, the value of somebody else, a bit that has turned over, half of it, nothing.
      const turned = Buffer.from(value ?? []);
      turned[20] = (turned[20] ?? 0) ^ 1;
      const garbage = [randomBytes(200), swapped, turned, value?.subarray(0, 40), Buffer.alloc(0)][index % 5];
      await redis.client.set(key, garbage ?? Buffer.alloc(0), 'KEEPTTL');
    }
    const answers = await gateways[1].directory.lookup({ kind: 'key', identifiers: keys });
    expect(answers.map((person) => (person && 'key' in person ? person.key : undefined))).toEqual(keys);
    expect(upstreamCalls()).toHaveLength(2);
  });

  it('may be of another kind: then it is done without', async () => {
    const { gateways, redis, sandbox } = await gatewaysWithRedis();
    const key = sandbox.people[0]?.user_key ?? '';
    await lookUp(gateways[0], 'key', key);
    await keptIn(redis, 1);
    const [kept = ''] = await peopleKeys(redis);
    await redis.client.del(kept);
    await redis.client.lpush(kept, 'a list');
    expect(await lookUp(gateways[1], 'key', key)).toMatchObject({ key });
  });

  it('is nothing of what callers see with tokens of their own', async () => {
    const server = await startRedis();
    const { gateways, sandbox } = await gatewaysWithRedis({
      server,
      redis: { encryptionKey: 'k'.repeat(32) },
      gateway: { identity: 'caller', pluginId: undefined, pluginSecret: undefined },
    });
    const key = sandbox.people[0]?.user_key ?? '';
    const userToken = sandbox.userAccessToken(key);
    await gateways[0].directory.lookup({ kind: 'key', identifiers: [key], userToken });
    await gateways[1].directory.lookup({ kind: 'key', identifiers: [key], userToken });
    expect(sandbox.calls().filter((call) => call.interface === 'user_query')).toHaveLength(2);
    expect(await peopleKeys(server)).toEqual([]);
  });
});
