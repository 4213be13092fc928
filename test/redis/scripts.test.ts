import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MAX_BACKOFF_MS, WINDOW_MS } from '../../src/policies/rate-limiter.ts';
import { createSchedule, type Grant } from '../../src/policies/schedule.ts';
import { MAX_SKEW_MS } from '../../src/policies/skew.ts';
import { PAUSE, RESERVE, runScript } from '../../src/redis/scripts.ts';
import { startRedis } from '../support/redis-server.ts';

const OWNERS = ['a', 'b', 'c'];
const micros = (ms: number) => Math.round(ms * 1_000);

const operations = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ type: fc.constant('reserve' as const), owner: fc.constantFrom(...OWNERS) }) },
    {
      weight: 3,
      arbitrary: fc.record({ type: fc.constant('settle' as const), which: fc.nat(30), lateMs: fc.nat(900) }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('give back' as const), which: fc.nat(30) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('pause' as const), ms: fc.nat(400) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.nat(60) }) },
  ),
  { minLength: 20, maxLength: 60 },
);

it('the script reserves what the rules of the schedule say, whatever has happened before', async () => {
  const { client } = await startRedis();
  await fc.assert(
    fc.asyncProperty(operations, async (steps) => {
      await client.flushall();
      // The rules go by the clock of the server, as the script tells it.
      let now = 0;
      const serverNow = async () => {
        const [seconds, microseconds] = await client.time();
        return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
      };
      now = await serverNow();
      const rules = createSchedule({ callsPerSecond: 15, clock: () => now });
      const [said, ruled, apart]: [object[], object[], number[]] = [[], [], []];
      const made: { ours: Grant; member: string }[] = [];
      for (const step of steps) {
        const { ours, member } = made[('which' in step ? step.which : 0) % Math.max(1, made.length)] ?? {};
        if (step.type === 'reserve') {
          const times = [WINDOW_MS, MAX_SKEW_MS, MAX_BACKOFF_MS].map(micros);
          const answer = await runScript(client, RESERVE, ['calls', 'quota'], [step.owner, made.length, 15, ...times]);
          const [at, leaveAt, inUse, limit, contenders, pausedUntil] = answer as number[];
          now = (at ?? 0) / 1_000;
          const grant = rules.reserve(step.owner);
          made.push({ ours: grant, member: `${step.owner}:${made.length}` });
          said.push({ inUse, contenders });
          ruled.push({ inUse: grant.inUse, contenders: grant.contenders });
          const [leaveAtMs, pausedUntilMs, limitNow] = [leaveAt, pausedUntil, limit].map(
            (value) => (value ?? 0) / 1_000,
          );
          apart.push(
            Math.abs((leaveAtMs ?? 0) - grant.leaveAt),
            Math.abs((pausedUntilMs ?? 0) - grant.pausedUntil),
            Math.abs((limitNow ?? 0) - grant.limit) * 10,
          );
        } else if (step.type === 'settle' && ours && member) {
          const arrivedBy = ours.leaveAt + step.lateMs;
          await client.zadd('calls', 'XX', micros(arrivedBy), member);
          rules.confirm(ours.id, arrivedBy);
        } else if (step.type === 'give back' && ours && member) {
          await client.zrem('calls', member);
          rules.release(ours.id);
        } else if (step.type === 'pause') {
          now =
            Number(await runScript(client, PAUSE, ['quota'], [micros(step.ms), 15, micros(MAX_BACKOFF_MS)])) / 1_000;
          rules.penalise(step.ms);
        } else if (step.type === 'wait') {
          await sleep(step.ms);
        }
      }
      expect(said).toEqual(ruled);
      // Milliseconds: one side counts in whole microseconds.
      expect(Math.max(0, ...apart)).toBeLessThan(0.5);
    }),
    { numRuns: 25 },
  );
});
