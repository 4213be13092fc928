import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createPermitQueue } from '../../src/policies/permit-queue.ts';
import { createRateLimitStore } from '../../src/policies/rate-limit-store.ts';
import { createSchedule } from '../../src/policies/schedule.ts';
import { createSharedRateLimiter, type QuotaMode } from '../../src/policies/shared-rate-limiter.ts';
import { useFakeTime } from '../support/fake-time.ts';
import { mostInAnySecond } from '../support/in-any-second.ts';

useFakeTime();

const now = () => performance.now();
const after = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));

/** A store that can go away, and come back empty. Its clock is not that of the processes. */
function fakeStore(wayMs = 1) {
  const clock = () => now() + 1_000_000;
  let schedule = createSchedule({ callsPerSecond: 15, clock });
  let isAway = false;
  return {
    goAway() {
      isAway = true;
    },
    comeBack() {
      isAway = false;
      schedule = createSchedule({ callsPerSecond: 15, clock });
    },
    /** @param noticesMs how long this process takes to notice that the store went away, or came back. */
    seenBy(owner: string, { replicas, noticesMs = 0 }: { replicas: number; noticesMs?: number }) {
      let since: number | undefined = Number.NEGATIVE_INFINITY;
      const send = async (action: () => void) => {
        await after(wayMs);
        if (!isAway) action();
      };
      return {
        lose: () => void after(noticesMs).then(() => (since = undefined)),
        find: () => void after(noticesMs).then(() => (since = now())),
        log: createRateLimitStore(
          {
            async reserve() {
              await after(wayMs);
              if (isAway) throw new Error('away');
              const grant = schedule.reserve(owner);
              await after(wayMs);
              return grant;
            },
            confirm: (id, at) => void send(() => schedule.confirm(id, at)),
            release: (id) => void send(() => schedule.release(id)),
            penalise: (ms) => void send(() => schedule.penalise(ms)),
            reachableSince: () => since,
            replicas: () => replicas,
          },
          now,
        ),
      };
    },
  };
}

interface Call {
  readonly owner: string;
  readonly at: number;
}

/** A process that always has something to send. Its calls are answered after 20 ms. */
function busyProcess(
  owner: string,
  log: ReturnType<typeof createRateLimitStore>,
  arrived: Call[],
  modes: QuotaMode[] = [],
) {
  const limiter = createSharedRateLimiter({ store: log, clock: now, onMode: (mode) => modes.push(mode) });
  const queue = createPermitQueue(limiter);
  const ask = () =>
    queue.request((acquire) => {
      const permit = acquire();
      permit.start();
      arrived.push({ owner, at: now() });
      setTimeout(() => permit.release(), 20);
      ask();
    });
  ask();
  return { limiter, stop: queue.dispose };
}

const of = (calls: readonly Call[], owner: string) => calls.filter((call) => call.owner === owner).length;

describe('the rate limit of several processes', () => {
  it('lets three busy processes make 15 calls a second in all, each a third of them', async () => {
    const keeper = fakeStore();
    const calls: Call[] = [];
    const busy = ['a', 'b', 'c'].map((owner) => busyProcess(owner, keeper.seenBy(owner, { replicas: 3 }).log, calls));
    await vi.advanceTimersByTimeAsync(20_000);
    for (const { stop } of busy) stop();
    expect(mostInAnySecond(calls.map(({ at }) => at))).toBeLessThanOrEqual(15);
    expect(calls.length).toBeGreaterThanOrEqual(20 * 14.5);
    for (const owner of ['a', 'b', 'c']) expect(of(calls, owner)).toBeGreaterThanOrEqual(calls.length / 3 - 2);
  });

  it.each([0, 80, 200])('does not starve a process whose timers are %d ms late', async (lagMs) => {
    const keeper = fakeStore();
    const calls: Call[] = [];
    const { stop } = busyProcess('success', keeper.seenBy('success', { replicas: 2 }).log, calls);
    const limiter = createSharedRateLimiter({ store: keeper.seenBy('late', { replicas: 2 }).log, clock: now });
    const over = new AbortController();
    const lagging = (async () => {
      while (!over.signal.aborted) {
        const waitMs = limiter.waitMs();
        if (typeof waitMs !== 'number') await waitMs;
        else if (waitMs > 0) await after(waitMs + lagMs);
        else {
          const permit = limiter.acquire();
          permit.start();
          calls.push({ owner: 'late', at: now() });
          setTimeout(() => permit.release(), 20);
        }
      }
    })();
    await vi.advanceTimersByTimeAsync(20_000);
    over.abort();
    stop();
    await vi.advanceTimersByTimeAsync(1_000);
    await lagging;
    expect(mostInAnySecond(calls.map(({ at }) => at))).toBeLessThanOrEqual(15);
    expect(of(calls, 'late')).toBeGreaterThanOrEqual(calls.length / 5);
    expect(calls.length).toBeGreaterThanOrEqual(20 * 11);
  });

  it('gives all calls to the only busy process', async () => {
    const calls: Call[] = [];
    const { stop } = busyProcess('a', fakeStore().seenBy('a', { replicas: 3 }).log, calls);
    await vi.advanceTimersByTimeAsync(10_000);
    stop();
    expect(calls.length).toBeGreaterThanOrEqual(145);
  });

  it('keeps a backoff even where the next call was reserved before', async () => {
    const calls: Call[] = [];
    const limiter = createSharedRateLimiter({ store: fakeStore().seenBy('a', { replicas: 1 }).log, clock: now });
    const queue = createPermitQueue(limiter);
    const ask = () =>
      queue.request((acquire) => {
        const permit = acquire();
        permit.start();
        calls.push({ owner: 'a', at: now() });
        setTimeout(() => {
          if (calls.length === 30) permit.rejected(10_000);
          permit.release();
        }, 20);
        ask();
      });
    ask();
    await vi.advanceTimersByTimeAsync(8_000);
    queue.dispose();
    expect(calls).toHaveLength(30);
  });

  it('shares a backoff with all processes', async () => {
    const keeper = fakeStore();
    const calls: Call[] = [];
    const limiters = ['a', 'b'].map((owner) =>
      createSharedRateLimiter({ store: keeper.seenBy(owner, { replicas: 2 }).log, clock: now }),
    );
    const [first, second] = limiters.map(createPermitQueue);
    first?.request((acquire) => {
      const permit = acquire();
      permit.start();
      permit.rejected(5_000);
      permit.release();
    });
    await vi.advanceTimersByTimeAsync(100);
    expect(limiters[0]?.backoffMs()).toBeGreaterThan(4_800);
    second?.request((acquire) => {
      acquire().start();
      calls.push({ owner: 'b', at: now() });
    });
    await vi.advanceTimersByTimeAsync(100);
    expect(limiters[1]?.backoffMs()).toBeGreaterThan(4_700);
    await vi.advanceTimersByTimeAsync(4_500);
    expect(calls).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(calls).toHaveLength(1);
  });

  it('renews the reservation of a call that waits for a token, and drops that of one that never leaves', async () => {
    const keeper = fakeStore();
    const late = createSharedRateLimiter({ store: keeper.seenBy('late', { replicas: 2 }).log, clock: now });
    const leaving: (() => void)[] = [];
    const arrived: number[] = [];
    createPermitQueue(late).request((acquire) => {
      const permit = acquire();
      leaving.push(() => {
        permit.start();
        arrived.push(now());
      });
    });
    await vi.advanceTimersByTimeAsync(3_000);
    const calls: Call[] = [];
    const { stop } = busyProcess('busy', keeper.seenBy('busy', { replicas: 2 }).log, calls);
    await vi.advanceTimersByTimeAsync(3_000);
    for (const leave of leaving) leave();
    await vi.advanceTimersByTimeAsync(3_000);
    stop();
    expect(mostInAnySecond([...arrived, ...calls.map(({ at }) => at)])).toBeLessThanOrEqual(15);
  });

  it('is idle after an unused reservation: the client has disconnected', async () => {
    const limiter = createSharedRateLimiter({ store: fakeStore().seenBy('a', { replicas: 1 }).log, clock: now });
    createPermitQueue(limiter).request(() => {});
    await vi.advanceTimersByTimeAsync(5_000);
    expect(limiter.isIdle()).toBe(true);
  });

  it('estimates by current figures: processes that were busy a while ago, and a rate that was lower then, count no more', async () => {
    const keeper = fakeStore();
    const busy = ['a', 'b', 'c', 'd'].map((owner) => busyProcess(owner, keeper.seenBy(owner, { replicas: 4 }).log, []));
    await vi.advanceTimersByTimeAsync(5_000);
    const [limiter] = busy.map((one) => one.limiter);
    expect(limiter?.estimateMs(11)).toBeGreaterThan(2_000);
    for (const { stop } of busy) stop();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(limiter?.estimateMs(11)).toBeLessThan(800);
  });

  describe('while the store is away', () => {
    it('processes wait until the calls of others count no more, then keep their shares', async () => {
      const keeper = fakeStore();
      const calls: Call[] = [];
      const modes: QuotaMode[] = [];
      const seen = ['a', 'b', 'c'].map((owner) => keeper.seenBy(owner, { replicas: 3 }));
      for (const [index, { log }] of seen.entries()) busyProcess(`${index}`, log, calls, index === 0 ? modes : []);
      await vi.advanceTimersByTimeAsync(5_000);
      keeper.goAway();
      for (const { lose } of seen) lose();
      const lostAt = now();
      await vi.advanceTimersByTimeAsync(10_000);
      const alone = calls.filter(({ at }) => at > lostAt + 10).map(({ at }) => at);
      expect(Math.min(...alone)).toBeGreaterThan(lostAt + 1_000);
      expect(mostInAnySecond(calls.map(({ at }) => at))).toBeLessThanOrEqual(15);
      expect(alone.length).toBeGreaterThan(8 * 14);
      expect(modes).toEqual(['distributed', 'fallback']);
    });

    it('allows less than one call a second where there are more processes than calls', async () => {
      const keeper = fakeStore();
      const calls: Call[] = [];
      const seen = keeper.seenBy('a', { replicas: 40 });
      keeper.goAway();
      seen.lose();
      busyProcess('a', seen.log, calls);
      await vi.advanceTimersByTimeAsync(31_000);
      // 15 calls a second for 40 are one in 2.7 seconds for each.
      expect(calls.length).toBeGreaterThanOrEqual(9);
      expect(calls.length).toBeLessThanOrEqual(11);
    });

    it('reserves again when it is back, and takes turns with the others again', async () => {
      const keeper = fakeStore();
      const calls: Call[] = [];
      const modes: QuotaMode[] = [];
      const seen = ['a', 'b'].map((owner) => keeper.seenBy(owner, { replicas: 2 }));
      for (const [index, { log }] of seen.entries()) busyProcess(`${index}`, log, calls, index === 0 ? modes : []);
      await vi.advanceTimersByTimeAsync(3_000);
      keeper.goAway();
      for (const { lose } of seen) lose();
      await vi.advanceTimersByTimeAsync(3_000);
      keeper.comeBack();
      for (const { find } of seen) find();
      await vi.advanceTimersByTimeAsync(10_000);
      expect(modes).toEqual(['distributed', 'fallback', 'recovering', 'distributed']);
      expect(mostInAnySecond(calls.map(({ at }) => at))).toBeLessThanOrEqual(15);
    });

    it.each([600, 2_000, 5_000, 9_000].flatMap((periodMs) => [1, 2, 3].map((processes) => ({ periodMs, processes }))))(
      'a store that is away for $periodMs ms and back for as long, again and again, leaves $processes processes at least their shares',
      async ({ periodMs, processes }) => {
        const keeper = fakeStore();
        const calls: Call[] = [];
        const seen = Array.from({ length: processes }, (_, index) =>
          keeper.seenBy(`${index}`, { replicas: processes, noticesMs: 300 }),
        );
        for (const [index, { log }] of seen.entries()) busyProcess(`${index}`, log, calls);
        await vi.advanceTimersByTimeAsync(10_000);
        const startedAt = now();
        while (now() < startedAt + 60_000) {
          keeper.goAway();
          for (const { lose } of seen) lose();
          await vi.advanceTimersByTimeAsync(periodMs);
          keeper.comeBack();
          for (const { find } of seen) find();
          await vi.advanceTimersByTimeAsync(periodMs);
        }
        const flapping = calls.filter(({ at }) => at > startedAt).length;
        const seconds = (now() - startedAt) / 1_000;
        expect(flapping).toBeGreaterThanOrEqual(0.8 * seconds * 15);
        expect(mostInAnySecond(calls.map(({ at }) => at))).toBeLessThanOrEqual(15);
      },
    );

    it('calls leave by the share where the store can be reached but fails', async () => {
      const keeper = fakeStore();
      const calls: Call[] = [];
      keeper.goAway();
      busyProcess('a', keeper.seenBy('a', { replicas: 3 }).log, calls);
      await vi.advanceTimersByTimeAsync(20_000);
      expect(calls.length).toBeGreaterThan(60);
    });
  });

  it('never lets more than 15 arrive in any sliding second, whenever the store goes away and comes back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          processes: fc.array(
            fc.record({
              noticesMs: fc.nat(1_000),
              startsAt: fc.nat(3_000),
              pauses: fc.array(fc.nat(1_500), { maxLength: 40 }),
            }),
            { minLength: 1, maxLength: 5 },
          ),
          wayMs: fc.nat(20),
          outages: fc.array(fc.record({ afterMs: fc.nat(9_000), lastsMs: fc.nat(4_000) }), { maxLength: 4 }),
        }),
        async ({ processes, wayMs, outages }) => {
          const keeper = fakeStore(wayMs);
          const calls: Call[] = [];
          const replicas = processes.length;
          const seen = processes.map(({ noticesMs }, index) => keeper.seenBy(`${index}`, { replicas, noticesMs }));
          const stops = seen.map(({ log }, index) => {
            const { startsAt, pauses } = processes[index] ?? { startsAt: 0, pauses: [] };
            const limiter = createSharedRateLimiter({ store: log, clock: now });
            const queue = createPermitQueue(limiter);
            const rest = [...pauses];
            const ask = () =>
              queue.request((acquire) => {
                const permit = acquire();
                permit.start();
                calls.push({ owner: `${index}`, at: now() });
                setTimeout(() => permit.release(), 20);
                const pause = rest.shift() ?? 0;
                if (pause < 500) ask();
                else setTimeout(ask, pause);
              });
            setTimeout(ask, startsAt);
            return queue.dispose;
          });
          for (const { afterMs, lastsMs } of outages) {
            await vi.advanceTimersByTimeAsync(afterMs);
            keeper.goAway();
            for (const { lose } of seen) lose();
            await vi.advanceTimersByTimeAsync(1_000 + lastsMs);
            keeper.comeBack();
            for (const { find } of seen) find();
            await vi.advanceTimersByTimeAsync(1_000);
          }
          await vi.advanceTimersByTimeAsync(8_000);
          for (const stop of stops) stop();
          expect(mostInAnySecond(calls.map(({ at }) => at))).toBeLessThanOrEqual(15);
        },
      ),
      { numRuns: 60 },
    );
  });
});
