import { expect, it, vi } from 'vitest';
import { createSharedQuota, type QuotaMode } from '../../src/policies/shared-quota.ts';
import { createSlotLog } from '../../src/policies/slot-log.ts';
import { createSlotQueue } from '../../src/policies/slot-queue.ts';
import { createSlotSchedule } from '../../src/policies/slot-schedule.ts';
import { useFakeTime } from '../support/fake-time.ts';
import { mostInAnySecond } from '../support/in-any-second.ts';

useFakeTime();

const now = () => performance.now();
const TIMEOUT_MS = 20;

/** Three processes with much to send, and a log that does not answer for some stretches. Nobody tells them that it is away. */
function threeBusy(silences: readonly { from: number; to: number }[]) {
  const schedule = createSlotSchedule({ callsPerSecond: 15, clock: now });
  const arrivals: number[] = [];
  const modes: QuotaMode[] = [];
  const answered = <T>(answer: () => T) =>
    new Promise<T>((resolve, reject) => {
      const silence = silences.find(({ from, to }) => now() >= from && now() < to);
      if (!silence) setTimeout(() => resolve(answer()), 1);
      else if (silence.to - now() <= TIMEOUT_MS) setTimeout(() => resolve(answer()), silence.to - now());
      else setTimeout(() => reject(new Error('silent')), TIMEOUT_MS);
    });
  for (const name of ['a', 'b', 'c']) {
    const log = createSlotLog(
      {
        reserve: () => answered(() => schedule.reserve(name)),
        settle: (id, arrivedBy) => void answered(() => schedule.settle(id, arrivedBy)).catch(() => {}),
        giveBack: (id) => void answered(() => schedule.giveBack(id)).catch(() => {}),
        pause: schedule.pause,
        reachableSince: () => -10_000,
        replicas: () => 3,
      },
      now,
    );
    const queue = createSlotQueue(createSharedQuota({ log, clock: now, onMode: (mode) => modes.push(mode) }));
    const send = (take: Parameters<Parameters<typeof queue.request>[0]>[0]) => {
      const slot = take();
      slot.left();
      arrivals.push(now());
      setTimeout(() => slot.done(), 20);
      queue.request(send);
    };
    queue.request(send);
  }
  return { arrivals, modes };
}

it.each([25, 50, 80, 150, 400])(
  'a log that is silent for %d ms now and then is waited for: the quota holds, and goes on to be shared',
  async (ms) => {
    const silences = Array.from({ length: 40 }, (_, n) => ({ from: 3_000 + n * 1_013, to: 3_000 + n * 1_013 + ms }));
    const { arrivals, modes } = threeBusy(silences);
    await vi.advanceTimersByTimeAsync(50_000);
    expect(mostInAnySecond(arrivals)).toBeLessThanOrEqual(15);
    expect(modes).not.toContain('fallback');
    // After the last silence the whole quota is used again.
    expect(arrivals.filter((at) => at > 46_000 && at <= 49_000).length).toBeGreaterThanOrEqual(42);
  },
);
