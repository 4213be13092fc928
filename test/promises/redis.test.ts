import { describe, expect, it, onTestFinished } from 'vitest';
import { createGateway, type Gateway } from '../../src/gateway.ts';
import type { GatewayOptions } from '../../src/gateway-options.ts';
import { post } from '../support/gateway-with-sandbox.ts';
import { gatewaysWithRedis, keptIn, peopleKeys } from '../support/gateways-with-redis.ts';
import { peopleReply } from '../support/wire-replies.ts';

const ask = async (gateway: Gateway, key: string) =>
  (await post(gateway, { query: `{ user(key: "${key}") { key } }` })).json();

describe('Gateways on one Redis share users only with gateways of the same view', () => {
  it.each<[string, Partial<GatewayOptions>]>([
    ['another LARK_USER_KEY', { userKey: 'acting' }],
    ['no LARK_USER_KEY', { userKey: undefined }],
    ['another LARK_TOKEN_TYPE', { tokenType: 'virtual' }],
  ])('a gateway with %s sends a lookup of its own', async (_, own) => {
    const people = ['first', 'acting', 'k1'].map((user_key) => ({ user_key }));
    const view = { userKey: 'first' } as const;
    const { gateways, redis, sandbox, upstreamCalls } = await gatewaysWithRedis({ gateway: view, sandbox: { people } });
    const other = createGateway({
      baseUrl: sandbox.url,
      ...sandbox.credential,
      auth: { kind: 'none', hosts: 'any' },
      redis: { url: redis.url, timeoutMs: 500 },
      ...view,
      ...own,
    });
    onTestFinished(() => other.dispose());
    await other.whenReady;

    const found = { data: { user: { key: 'k1' } } };
    expect(await ask(gateways[0], 'k1')).toEqual(found);
    await keptIn(redis, 1);
    expect(await ask(gateways[1], 'k1')).toEqual(found);
    expect(upstreamCalls()).toHaveLength(1);

    expect(await ask(other, 'k1')).toEqual(found);
    expect(upstreamCalls()).toEqual([{ user_keys: ['k1'] }, { user_keys: ['k1'] }]);
  });
});

describe('A value in Redis is bound to its Redis key', () => {
  it('"not found" copied under the Redis key of another user does not hide that user', async () => {
    const people = [{ user_key: 'k1', out_id: 'on_1', email: 'one@example.com' }];
    const { gateways, redis, upstreamCalls } = await gatewaysWithRedis({
      gateway: { cache: { negativeTtlMs: 60_000 } },
      sandbox: { people },
    });
    expect(await ask(gateways[0], 'missing')).toEqual({ data: { user: null } });
    await expect.poll(() => peopleKeys(redis)).toHaveLength(1);
    const [notFound = ''] = await peopleKeys(redis);
    expect(await ask(gateways[0], 'k1')).toEqual({ data: { user: { key: 'k1' } } });
    await expect.poll(() => peopleKeys(redis)).toHaveLength(3);
    const ofUser = (await peopleKeys(redis)).filter((key) => key !== notFound);
    for (const key of ofUser) await redis.client.copy(notFound, key, 'REPLACE');

    // Under its own Redis key the value is good.
    expect(await ask(gateways[1], 'missing')).toEqual({ data: { user: null } });
    expect(upstreamCalls()).toHaveLength(2);
    expect(await ask(gateways[1], 'k1')).toEqual({ data: { user: { key: 'k1' } } });
    expect(upstreamCalls()).toHaveLength(3);
  });
});

describe('A user in Redis is returned only for an identifier that the user still has', () => {
  it('an e-mail address that was theirs is looked up again', async () => {
    const { gateways, redis, sandbox, upstreamCalls } = await gatewaysWithRedis();
    const api = { email: 'old@example.com' };
    sandbox.setFault((call, answer) => {
      if (call.interface !== 'user_query') return answer();
      const { emails } = call.body as { emails?: string[] };
      return peopleReply(!emails || emails.includes(api.email) ? [{ user_key: 'k1', email: api.email }] : []);
    });
    const byOldEmail = { query: '{ byEmail: usersByEmail(emails: ["old@example.com"]) { key } }' };
    const found = { data: { byEmail: [{ key: 'k1' }] } };
    expect(await (await post(gateways[0], byOldEmail)).json()).toEqual(found);
    await keptIn(redis, 2);
    api.email = 'new@example.com';
    const values = () => peopleKeys(redis).then((keys) => redis.client.mgetBuffer(keys.toSorted()));
    const before = await values();
    const refreshed = await post(
      gateways[0],
      { query: '{ user(key: "k1") { email } }' },
      { 'x-lookup-cache': 'refresh' },
    );
    expect(await refreshed.json()).toEqual({ data: { user: { email: 'new@example.com' } } });
    await expect.poll(values).not.toEqual(before);

    expect(upstreamCalls()).toHaveLength(2);
    expect(await (await post(gateways[1], byOldEmail)).json()).toEqual({ data: { byEmail: [null] } });
    expect(upstreamCalls()).toHaveLength(3);
  });
});
