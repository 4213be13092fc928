import { expect, it, vi } from 'vitest';
import { createPermitQueue } from '../../src/policies/permit-queue.ts';
import { createRateLimitStore } from '../../src/policies/rate-limit-store.ts';
import { createSchedule } from '../../src/policies/schedule.ts';
import { createSharedRateLimiter, type QuotaMode } from '../../src/policies/shared-rate-limiter.ts';
import { useFakeTime } from '../support/fake-time.ts';
import { mostInAnySecond } from '../support/in-any-second.ts';

useFakeTime();

const now = () => performance.now();
const TIMEOUT_MS = 20;

/** Three processes with much to send, and a store that does not answer for some stretches, which they are not notified of. */
function threeBusy(silences: readonly { from: number; to: number }[]) {
  const schedule = createSchedule({ callsPerSecond: 15, clock: now });
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
    const log = createRateLimitStore(
      {
        reserve: () => answered(() => schedule.reserve(name)),
        confirm: (id, arrivedBy) => void answered(() => schedule.confirm(id, arrivedBy)).catch(() => {}),
        release: (id) => void answered(() => schedule.release(id)).catch(() => {}),
        penalise: schedule.penalise,
        reachableSince: () => -10_000,
        replicas: () => 3,
      },
      now,
    );
    const queue = createPermitQueue(
      createSharedRateLimiter({ store: log, clock: now, onMode: (mode) => modes.push(mode) }),
    );
    const send = (acquire: Parameters<Parameters<typeof queue.request>[0]>[0]) => {
      const permit = acquire();
      permit.start();
      arrivals.push(now());
      setTimeout(() => permit.release(), 20);
      queue.request(send);
    };
    queue.request(send);
  }
  return { arrivals, modes };
}

it.each([25, 50, 80, 150, 400])(
  'a store that is silent for %d ms now and then is waited for: the rate limit holds and stays shared',
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
