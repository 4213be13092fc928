import { expect, it } from 'vitest';
import { gatewaysWithRedis, keptIn } from '../support/gateways-with-redis.ts';
import { scrape } from '../support/scrape.ts';

it('metrics show cache hits by level, Redis commands by outcome, the number of replicas, and whether Redis is up', async () => {
  const { gateways, redis, sandbox } = await gatewaysWithRedis({ gateway: { metrics: true } });
  const identifiers = sandbox.people.slice(0, 10).map(({ user_key }) => user_key);
  await gateways[0].directory.lookup({ kind: 'key', identifiers });
  await keptIn(redis, 20);
  await gateways[1].directory.lookup({ kind: 'key', identifiers: identifiers.slice(0, 4) });
  await gateways[1].directory.lookup({ kind: 'key', identifiers });
  const told = await scrape(gateways[1]);
  const value = (name: string) => told.get(`lark_gateway_${name}`);
  expect(value('cache_hits_total{level="redis"}')).toBe(10);
  expect(value('cache_hits_total{level="memory"}')).toBe(4);
  expect(value('redis_commands_total{command="cache-read",outcome="ok"}')).toBe(2);
  expect(value('redis_up')).toBe(1);
  await expect.poll(async () => (await scrape(gateways[1])).get('lark_gateway_replicas')).toBe(2);
  expect(value('upstream_calls_total{kind="key",outcome="answered",err_code=""}')).toBeUndefined();

  await redis.kill();
  await expect.poll(async () => (await scrape(gateways[1])).get('lark_gateway_redis_up')).toBe(0);
  await gateways[1].directory.lookup({ kind: 'key', identifiers: ['1'] });
  const away = await scrape(gateways[1]);
  expect(away.get('lark_gateway_quota_mode{mode="fallback"}')).toBe(1);
});
