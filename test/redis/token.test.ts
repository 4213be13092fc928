import { describe, expect, it } from 'vitest';
import type { Gateway } from '../../src/gateway.ts';
import { gatewaysWithRedis } from '../support/gateways-with-redis.ts';
import { startRedis } from '../support/redis-server.ts';

const askOf = (gateway: Gateway, key: string) => gateway.directory.lookup({ kind: 'key', identifiers: [key] });

describe('the plugin token of several gateways', () => {
  it('is asked for once, however many start together', async () => {
    const { gateways, tokenCalls, sandbox } = await gatewaysWithRedis({ count: 5 });
    await Promise.all(gateways.map((gateway) => askOf(gateway, '1')));
    expect(tokenCalls()).toBe(1);
    expect(new Set(sandbox.calls().flatMap(({ token }) => token ?? [])).size).toBe(1);
  });

  it('is there for one that starts later', async () => {
    const server = await startRedis();
    const { tokenCalls, sandbox } = await gatewaysWithRedis({ server });
    const later = await gatewaysWithRedis({ server, gateway: { baseUrl: sandbox.url } });
    await askOf(later.gateways[0], '1');
    expect(tokenCalls()).toBe(1);
  });

  it('is renewed once for all, where the user API refuses it', async () => {
    const { gateways, tokenCalls, sandbox } = await gatewaysWithRedis({ count: 4 });
    sandbox.faults.start({ name: 'token-expiry', calls: 1 });
    const answers = await Promise.all(gateways.map((gateway, index) => askOf(gateway, String(index + 1))));
    expect(answers.flat()).toEqual([null, null, null, null]);
    expect(tokenCalls()).toBe(2);
  });

  it('is renewed before its end by one of them', async () => {
    // Half of its life, where that is shorter than the three minutes of the vendor.
    const { gateways, tokenCalls } = await gatewaysWithRedis({ count: 3, sandbox: { tokenLifetimeSeconds: 4 } });
    await expect
      .poll(
        async () => {
          await Promise.all(gateways.map((gateway, index) => askOf(gateway, String(Math.random()) + index)));
          return tokenCalls();
        },
        { interval: 100 },
      )
      .toBe(2);
    await Promise.all(gateways.map((gateway) => askOf(gateway, 'x')));
    expect(tokenCalls()).toBe(2);
  });

  it('comes from another gateway, where the one that requests it gets none', async () => {
    const server = await startRedis();
    const { tokenCalls, sandbox } = await gatewaysWithRedis({ server });
    const [lock = ''] = (await server.client.keys('*:token')).map((key) => `${key}-lock`);
    // One that has died with the lock in its hand.
    await server.client.set(lock, 'somebody', 'PX', 600);
    await server.client.del(lock.replace(/-lock$/, ''));
    const later = await gatewaysWithRedis({ server, gateway: { baseUrl: sandbox.url } });
    await askOf(later.gateways[0], '1');
    expect(tokenCalls()).toBe(2);
  });
});
