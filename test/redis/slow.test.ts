import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import type { RedisClient } from '../../src/redis/connect.ts';
import { createRedisConnection } from '../../src/redis/connection.ts';
import { createRedisRateLimitStore } from '../../src/redis/rate-limit-store.ts';

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

it('a reservation with a slow reply is used all the same', async () => {
  const commands: string[] = [];
  const client = Object.assign(new EventEmitter(), {
    async evalsha() {
      commands.push('reserve');
      await later(60);
      return [1_000_000, 1_067_000, 1, 15_000, 1, 0, 'mark'];
    },
    async zrem() {
      commands.push('give back');
    },
    zadd: async () => 1,
  }) as unknown as RedisClient;
  const clock = () => 5_000;
  const connection = createRedisConnection({
    client,
    timeoutMs: 5,
    clock,
    telemetry() {},
    onChange() {},
    onRefusing() {},
  });
  connection.noteBeat('answered');
  const keys = { calls: 'calls', state: 'quota' };
  const log = createRedisRateLimitStore({
    connection,
    keys,
    callsPerSecond: 15,
    replica: 'a',
    replicas: () => 2,
    clock,
  });
  expect(await log.reserve()).toMatchObject({ leaveAt: 5_067 });
  expect(commands).toEqual(['reserve']);
});

it('a slow Redis is not away; cache reads are skipped until a reply comes in time', async () => {
  let now = 0;
  const outcomes: string[] = [];
  const client = new EventEmitter() as unknown as RedisClient;
  const connection = createRedisConnection({
    client,
    timeoutMs: 1,
    clock: () => now,
    telemetry: (event) => 'command' in event && outcomes.push(`${event.command}: ${event.outcome}`),
    onChange() {},
    onRefusing() {},
  });
  connection.noteBeat('answered');
  /** Answered as soon as nobody waits any more. */
  const read = async () => {
    let answer = (_told: unknown) => {};
    const command = () => new Promise((resolve) => (answer = resolve));
    await connection.run('cache-read', command).catch(() => {});
    answer('late');
    await later(0);
  };
  for (now = 0; now < 2_000; now += 200) await read();
  expect(connection.upSince()).toBe(0);
  expect(outcomes).toEqual([...Array(5).fill('cache-read: timeout'), ...Array(5).fill('cache-read: skipped')]);
  const turn = async () => {
    now += 100;
  };
  await connection.run('quota', turn, 60_000);
  await read();
  expect(outcomes.slice(10)).toEqual(['quota: ok', 'cache-read: skipped']);
  await connection.run('heartbeat', async () => {});
  await read();
  expect(outcomes.slice(12)).toEqual(['heartbeat: ok', 'cache-read: timeout']);
});
