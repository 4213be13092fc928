import { describe, expect, it, onTestFinished } from 'vitest';
import { createGateway, type Gateway } from '../../src/gateway.ts';
import { gatewaysWithRedis } from '../support/gateways-with-redis.ts';
import { startRedis } from '../support/redis-server.ts';
import { wayToRedis } from '../support/way-to-redis.ts';

const sharedOf = (gateways: readonly Gateway[]) => gateways.map((gateway) => gateway.readiness().shared);
const back = { isUp: true, replicas: 2 };
const patient = { timeout: 15_000 };

describe('a gateway whose way to Redis breaks', () => {
  it('forgets, once reconnected, the users that the others have forgotten', async () => {
    const redis = await startRedis();
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
    const lookUp = () => far.directory.lookup({ kind: 'key', identifiers: [key] });
    await lookUp();
    await expect.poll(() => gateways[0].readiness().shared?.replicas, patient).toBe(3);
    way.cut();
    // Those that were told know nothing of it by then.
    await expect.poll(() => gateways[0].readiness().shared?.replicas, patient).toBe(2);
    expect(await gateways[0].forget({ kind: 'key', identifier: key })).toMatchObject({ replicas: 2 });
    const before = upstreamCalls().length;
    way.mend();
    await expect
      .poll(async () => {
        await lookUp();
        return upstreamCalls().length;
      }, patient)
      .toBeGreaterThan(before);
  }, 30_000);

  it('reconnects where its connections are dead without notice', async () => {
    const redis = await startRedis();
    const way = await wayToRedis(redis.port);
    const { gateways, events } = await gatewaysWithRedis({ redis: { url: way.url } });
    way.loseConnections();
    // Each finds out at a time of its own: one may be back before the other has noticed.
    const timesGone = () => events.filter((event) => event.type === 'redis-state' && !event.isUp).length;
    await expect.poll(timesGone, patient).toBe(gateways.length);
    await expect.poll(() => sharedOf(gateways), patient).toEqual([back, back]);
    // Those that listen are back as well.
    const forget = () => gateways[0].forget({ kind: 'key', identifier: '1' }).catch(() => undefined);
    await expect.poll(forget, patient).toMatchObject({ replicas: 2 });
  }, 60_000);

  it('lives on where a connection is lost in the moment in which it is there', async () => {
    const redis = await startRedis();
    const way = await wayToRedis(redis.port);
    const { gateways } = await gatewaysWithRedis({ redis: { url: way.url } });
    const unhandled: unknown[] = [];
    const keep = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', keep);
    onTestFinished(() => void process.off('unhandledRejection', keep));
    way.hangUpAfterGreeting();
    await expect.poll(() => way.timesHungUp(), patient).toBeGreaterThan(20);
    expect(unhandled).toEqual([]);
    way.mend();
    await expect.poll(() => sharedOf(gateways), patient).toEqual([back, back]);
    const forget = () => gateways[0].forget({ kind: 'key', identifier: '1' }).catch(() => undefined);
    await expect.poll(forget, patient).toMatchObject({ replicas: 2 });
  }, 60_000);

  it('connects anew where its server may not write any more, since another has taken over', async () => {
    const [redis, next] = [await startRedis(), await startRedis()];
    const way = await wayToRedis(redis.port);
    const { gateways } = await gatewaysWithRedis({ redis: { url: way.url } });
    way.leadTo(next.port);
    await redis.client.call('REPLICAOF', '127.0.0.1', String(next.port));
    await expect.poll(() => next.client.keys('*replicas'), patient).toHaveLength(1);
    await expect.poll(() => sharedOf(gateways), patient).toEqual([back, back]);
    const forget = () => gateways[0].forget({ kind: 'key', identifier: '1' }).catch(() => undefined);
    await expect.poll(forget, patient).toMatchObject({ replicas: 2 });
  }, 60_000);
});
