import { expect, onTestFinished } from 'vitest';
import { createGateway, type Gateway } from '../../src/gateway.ts';
import type { GatewayOptions } from '../../src/gateway-options.ts';
import type { RedisOptions } from '../../src/redis/redis-options.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';
import type { GatewayEvent } from '../../src/telemetry/events.ts';
import { type RedisServer, startRedis } from './redis-server.ts';

export interface Replicas {
  readonly gateways: readonly [Gateway, Gateway, ...Gateway[]];
  readonly redis: RedisServer;
  readonly sandbox: Sandbox;
  /** What all of them told their telemetry, in order. */
  readonly events: GatewayEvent[];
  /** Bodies of the user queries that the sandbox received, in order. */
  upstreamCalls(): unknown[];
  /** How many tokens were asked for. */
  tokenCalls(): number;
}

export interface ReplicasOptions {
  count?: number;
  gateway?: Partial<GatewayOptions>;
  sandbox?: SandboxOptions;
  redis?: Partial<RedisOptions>;
  /** One that is there already. */
  server?: RedisServer;
}

/** Gateways that share a real Redis, in front of one sandbox. All end with the test. The sandbox' quota is off unless asked for. */
export async function gatewaysWithRedis(options: ReplicasOptions = {}): Promise<Replicas> {
  const redis = options.server ?? (await startRedis());
  const sandbox = await startSandbox({ callsPerSecond: Number.POSITIVE_INFINITY, ...options.sandbox });
  const events: GatewayEvent[] = [];
  const make = () =>
    createGateway({
      baseUrl: sandbox.url,
      ...sandbox.credential,
      auth: { kind: 'none', hosts: 'any' },
      telemetry: (event) => events.push(event),
      // Longer than the default: a machine that is busy with tests is slow, and that is not what they are about.
      redis: { url: redis.url, timeoutMs: 500, ...options.redis },
      ...options.gateway,
    });
  const gateways: [Gateway, Gateway, ...Gateway[]] = [make(), make()];
  while (gateways.length < (options.count ?? 2)) gateways.push(make());
  onTestFinished(async () => {
    await Promise.all(gateways.map((gateway) => gateway.dispose()));
    await sandbox.close();
  });
  await Promise.all(gateways.map(({ whenReady }) => whenReady));
  const callsOf = (name: 'plugin_token' | 'user_query') => sandbox.calls().filter((call) => call.interface === name);
  return {
    gateways,
    redis,
    sandbox,
    events,
    upstreamCalls: () => callsOf('user_query').map(({ body }) => body),
    tokenCalls: () => callsOf('plugin_token').length,
  };
}

/** Waits until what a gateway wrote down in passing is in Redis. */
export async function keptIn(redis: RedisServer, keys: number): Promise<void> {
  await expect.poll(async () => (await peopleKeys(redis)).length).toBeGreaterThanOrEqual(keys);
}

/** Keys of people, and nothing else. */
export async function peopleKeys({ client }: RedisServer): Promise<string[]> {
  return (await client.keys('*')).filter((key) => /\}:[\w-]{24}$/.test(key));
}
