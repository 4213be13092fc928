import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import type { RedisClient } from '../../src/redis/connect.ts';
import { createRedisConnection } from '../../src/redis/connection.ts';
import { createRedisSlotLog } from '../../src/redis/slot-log.ts';

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

it('a turn that is told later than other commands may take is used all the same', async () => {
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
  const log = createRedisSlotLog({ connection, keys, callsPerSecond: 15, replica: 'a', replicas: () => 2, clock });
  expect(await log.reserve()).toMatchObject({ leaveAt: 5_067 });
  expect(commands).toEqual(['reserve']);
});

it('an answer that late does not tell that others would be in time', async () => {
  let now = 0;
  const client = new EventEmitter() as unknown as RedisClient;
  const connection = createRedisConnection({
    client,
    timeoutMs: 1,
    clock: () => now,
    telemetry() {},
    onChange() {},
    onRefusing() {},
  });
  connection.noteBeat('answered');
  const isSilent = () => connection.run('cache-read', () => new Promise(() => {})).catch(() => {});
  for (let n = 0; n < 4; n++) await isSilent();
  now = 600;
  const late = async () => {
    now += 100;
  };
  await connection.run('quota', late, 60_000);
  expect(connection.upSince()).toBe(0);
  await isSilent();
  expect(connection.upSince()).toBe(undefined);
});
