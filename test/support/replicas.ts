import { expect, onTestFinished } from 'vitest';
import { type Sandbox, type SandboxCall, startSandbox } from '../../src/sandbox/sandbox.ts';
import type { RedisServer } from './redis-server.ts';
import { type RunningCli, runCli } from './run-cli.ts';

/** A gateway in a process of its own. */
export interface Replica {
  readonly cli: RunningCli;
  readonly url: string;
  readiness(): Promise<{ status: number; redis?: { status: string; replicas?: number } }>;
}

/** The user API with the vendor's quota, in this process. It ends with the test. */
export async function startLimitedSandbox(people: number): Promise<Sandbox> {
  const sandbox = await startSandbox({ people, latencyMs: 20 });
  onTestFinished(() => sandbox.close());
  return sandbox;
}

/** One more replica in front of this sandbox, once it listens. It ends with the test. */
export async function startReplica(sandbox: Sandbox, environment: Record<string, string>): Promise<Replica> {
  const cli = runCli(['serve'], {
    PORT: '0',
    LOG_LEVEL: 'warn',
    LARK_BASE_URL: sandbox.url,
    LARK_PLUGIN_ID: sandbox.credential.pluginId,
    LARK_PLUGIN_SECRET: sandbox.credential.pluginSecret,
    ...environment,
  });
  const url = (await cli.until('User API')).match(/http:\S+(?=\/graphql)/)?.[0] ?? '';
  return {
    cli,
    url,
    async readiness() {
      const response = await fetch(`${url}/readiness`);
      const { redis } = await response.json();
      return { status: response.status, redis };
    },
  };
}

/** So many replicas, once each is ready and knows of all the others. */
export async function startReplicas(count: number, sandbox: Sandbox, redisUrl: string): Promise<Replica[]> {
  const replicas = await Promise.all(
    Array.from({ length: count }, () => startReplica(sandbox, { REDIS_URL: redisUrl })),
  );
  await untilTogether(replicas);
  return replicas;
}

/** Each is ready, has Redis, and knows how many they are. */
export async function untilTogether(replicas: readonly Replica[]): Promise<void> {
  const together = { status: 200, redis: { status: 'ok', replicas: replicas.length } };
  for (const replica of replicas) await expect.poll(replica.readiness).toEqual(together);
}

/** Calls for people that the sandbox saw, in order. */
export const queriesOf = (sandbox: Sandbox): SandboxCall[] =>
  sandbox.calls().filter((call) => call.interface === 'user_query');

/** How many tokens were asked for. */
export const tokenCallsOf = (sandbox: Sandbox): number =>
  sandbox.calls().filter((call) => call.interface === 'plugin_token').length;

/** Names of the replicas whose calls Redis counts at this moment. */
export async function ownersOfCalls({ client }: RedisServer): Promise<string[]> {
  const keys = await client.keys('*:calls');
  const calls = await Promise.all(keys.map((key) => client.zrange(key, '0', '-1')));
  return [...new Set(calls.flat().map((call) => call.slice(0, call.lastIndexOf(':'))))];
}
