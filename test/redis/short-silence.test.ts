import { EventEmitter } from 'node:events';
import { afterEach, expect, it, vi } from 'vitest';
import type { RedisClient } from '../../src/redis/connect.ts';
import { createRedisConnection } from '../../src/redis/connection.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** A connection that is up, to a server that answers or does not, on a clock that is set by hand. */
async function connection() {
  let now = 0;
  const made = createRedisConnection({
    client: new EventEmitter() as unknown as RedisClient,
    timeoutMs: 1,
    clock: () => now,
    telemetry: () => {},
    onChange: () => {},
    onRefusing: () => {},
  });
  const answers = () => made.run('quota', () => Promise.resolve('an answer'));
  const isSilent = async (times: number) => {
    const commands = Array.from({ length: times }, () => made.run('quota', () => new Promise(() => {})));
    await Promise.allSettled(commands);
  };
  made.noteBeat('answered');
  await answers();
  return { made, answers, isSilent, at: (ms: number) => (now = ms) };
}

it('a Redis that stands still for a moment is not away, however many commands it misses in that', async () => {
  const { made, answers, isSilent, at } = await connection();
  at(100);
  await isSilent(50);
  at(450);
  await isSilent(50);
  expect(made.upSince()).toBe(0);
  await answers();
  at(900);
  await isSilent(50);
  expect(made.upSince()).toBe(0);
});

it('one that has said nothing for half a second, to five commands in a row, is away', async () => {
  const { made, isSilent, at } = await connection();
  at(500);
  await isSilent(4);
  expect(made.upSince()).toBe(0);
  await isSilent(1);
  expect(made.upSince()).toBe(undefined);
});

it('an answer that may take longer is waited for, and Redis is away no later for that', async () => {
  const { made, at } = await connection();
  const late = new Promise((resolve) => setTimeout(() => resolve('late'), 20));
  expect(await made.run('forget', () => late, 60_000)).toBe('late');
  at(500);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate'] });
  const never = Promise.allSettled([made.run('forget', () => new Promise(() => {}), 1_000)]);
  await vi.advanceTimersByTimeAsync(800);
  expect(made.upSince()).toBe(0);
  await vi.advanceTimersByTimeAsync(201);
  expect(made.upSince()).toBe(undefined);
  vi.useRealTimers();
  expect(await never).toMatchObject([{ status: 'rejected' }]);
});
