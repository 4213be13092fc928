import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createSharedQuota, type QuotaMode } from '../../src/policies/shared-quota.ts';
import { createSlotLog } from '../../src/policies/slot-log.ts';
import { createSlotQueue } from '../../src/policies/slot-queue.ts';
import { createSlotSchedule } from '../../src/policies/slot-schedule.ts';
import { useFakeTime } from '../support/fake-time.ts';
import { mostInAnySecond } from '../support/in-any-second.ts';

useFakeTime();

const now = () => performance.now();
const after = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));

/** What keeps the log: it can go away, and come back knowing nothing. Its clock is not that of the processes. */
function logKeeper(wayMs = 1) {
  const clock = () => now() + 1_000_000;
  let schedule = createSlotSchedule({ callsPerSecond: 15, clock });
  let isAway = false;
  return {
    goAway() {
      isAway = true;
    },
    comeBack() {
      isAway = false;
      schedule = createSlotSchedule({ callsPerSecond: 15, clock });
    },
    /** @param noticesMs how long this process takes to notice that the log went, or came back. */
    seenBy(owner: string, { replicas, noticesMs = 0 }: { replicas: number; noticesMs?: number }) {
      let since: number | undefined = Number.NEGATIVE_INFINITY;
      const tell = async (action: () => void) => {
        await after(wayMs);
        if (!isAway) action();
      };
      return {
        lose: () => void after(noticesMs).then(() => (since = undefined)),
        find: () => void after(noticesMs).then(() => (since = now())),
        log: createSlotLog(
          {
            async reserve() {
              await after(wayMs);
              if (isAway) throw new Error('away');
              const grant = schedule.reserve(owner);
              await after(wayMs);
              return grant;
            },
            settle: (id, at) => void tell(() => schedule.settle(id, at)),
            giveBack: (id) => void tell(() => schedule.giveBack(id)),
            pause: (ms) => void tell(() => schedule.pause(ms)),
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
function busyProcess(owner: string, log: ReturnType<typeof createSlotLog>, arrived: Call[], modes: QuotaMode[] = []) {
  const quota = createSharedQuota({ log, clock: now, onMode: (mode) => modes.push(mode) });
  const queue = createSlotQueue(quota);
  const ask = () =>
    queue.request((take) => {
      const slot = take();
      slot.left();
      arrived.push({ owner, at: now() });
      setTimeout(() => slot.done(), 20);
      ask();
    });
  ask();
  return { quota, stop: queue.dispose };
}

const of = (calls: readonly Call[], owner: string) => calls.filter((call) => call.owner === owner).length;

describe('one quota for several processes', () => {
  it('lets three busy ones make 15 calls a second in all, each a third of them', async () => {
    const keeper = logKeeper();
    const calls: Call[] = [];
    const busy = ['a', 'b', 'c'].map((owner) => busyProcess(owner, keeper.seenBy(owner, { replicas: 3 }).log, calls));
    await vi.advanceTimersByTimeAsync(20_000);
    for (const { stop } of busy) stop();
    expect(mostInAnySecond(calls.map(({ at }) => at))).toBeLessThanOrEqual(15);
    expect(calls.length).toBeGreaterThanOrEqual(20 * 14.5);
    for (const owner of ['a', 'b', 'c']) expect(of(calls, owner)).toBeGreaterThanOrEqual(calls.length / 3 - 2);
  });

  it.each([0, 80, 200])('does not starve one whose timers are %d ms late', async (lagMs) => {
    const keeper = logKeeper();
    const calls: Call[] = [];
    const { stop } = busyProcess('well', keeper.seenBy('well', { replicas: 2 }).log, calls);
    const quota = createSharedQuota({ log: keeper.seenBy('late', { replicas: 2 }).log, clock: now });
    const over = new AbortController();
    const lagging = (async () => {
      while (!over.signal.aborted) {
        const waitMs = quota.waitMs();
        if (typeof waitMs !== 'number') await waitMs;
        else if (waitMs > 0) await after(waitMs + lagMs);
        else {
          const slot = quota.take();
          slot.left();
          calls.push({ owner: 'late', at: now() });
          setTimeout(() => slot.done(), 20);
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

  it('leaves all of it to one that is busy alone', async () => {
    const calls: Call[] = [];
    const { stop } = busyProcess('a', logKeeper().seenBy('a', { replicas: 3 }).log, calls);
    await vi.advanceTimersByTimeAsync(10_000);
    stop();
    expect(calls.length).toBeGreaterThanOrEqual(145);
  });

  it('keeps a pause also where the next turn was reserved before', async () => {
    const calls: Call[] = [];
    const quota = createSharedQuota({ log: logKeeper().seenBy('a', { replicas: 1 }).log, clock: now });
    const queue = createSlotQueue(quota);
    const ask = () =>
      queue.request((take) => {
        const slot = take();
        slot.left();
        calls.push({ owner: 'a', at: now() });
        setTimeout(() => {
          if (calls.length === 30) slot.refused(10_000);
          slot.done();
        }, 20);
        ask();
      });
    ask();
    await vi.advanceTimersByTimeAsync(8_000);
    queue.dispose();
    expect(calls).toHaveLength(30);
  });

  it('tells everybody of a pause that one of them was asked for', async () => {
    const keeper = logKeeper();
    const calls: Call[] = [];
    const quotas = ['a', 'b'].map((owner) =>
      createSharedQuota({ log: keeper.seenBy(owner, { replicas: 2 }).log, clock: now }),
    );
    const [first, second] = quotas.map(createSlotQueue);
    first?.request((take) => {
      const slot = take();
      slot.left();
      slot.refused(5_000);
      slot.done();
    });
    await vi.advanceTimersByTimeAsync(100);
    expect(quotas[0]?.pausedMs()).toBeGreaterThan(4_800);
    second?.request((take) => {
      take().left();
      calls.push({ owner: 'b', at: now() });
    });
    await vi.advanceTimersByTimeAsync(100);
    expect(quotas[1]?.pausedMs()).toBeGreaterThan(4_700);
    await vi.advanceTimersByTimeAsync(4_500);
    expect(calls).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(calls).toHaveLength(1);
  });

  it('keeps a call in the log that waits for a token, and forgets one that never leaves', async () => {
    const keeper = logKeeper();
    const late = createSharedQuota({ log: keeper.seenBy('late', { replicas: 2 }).log, clock: now });
    const leaving: (() => void)[] = [];
    const arrived: number[] = [];
    createSlotQueue(late).request((take) => {
      const slot = take();
      leaving.push(() => {
        slot.left();
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

  it('is idle after a turn that nobody took: whoever asked for it has hung up', async () => {
    const quota = createSharedQuota({ log: logKeeper().seenBy('a', { replicas: 1 }).log, clock: now });
    createSlotQueue(quota).request(() => {});
    await vi.advanceTimersByTimeAsync(5_000);
    expect(quota.isIdle()).toBe(true);
  });

  it('estimates by what is so now: whoever was busy a while ago, and a pace that was lower then, count no more', async () => {
    const keeper = logKeeper();
    const busy = ['a', 'b', 'c', 'd'].map((owner) => busyProcess(owner, keeper.seenBy(owner, { replicas: 4 }).log, []));
    await vi.advanceTimersByTimeAsync(5_000);
    const [quota] = busy.map((one) => one.quota);
    expect(quota?.estimateMs(11)).toBeGreaterThan(2_000);
    for (const { stop } of busy) stop();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(quota?.estimateMs(11)).toBeLessThan(800);
  });

  describe('while the log is away', () => {
    it('waits until the calls of others count no more, then each keeps its share', async () => {
      const keeper = logKeeper();
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
      const keeper = logKeeper();
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

    it('asks again when it is back, and takes turns with the others again', async () => {
      const keeper = logKeeper();
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
      'a log that is away for $periodMs ms and back for as long, again and again, leaves $processes processes at least their shares',
      async ({ periodMs, processes }) => {
        const keeper = logKeeper();
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

    it('leaves a log alone that can be reached and gives nothing, and goes on by its share', async () => {
      const keeper = logKeeper();
      const calls: Call[] = [];
      keeper.goAway();
      busyProcess('a', keeper.seenBy('a', { replicas: 3 }).log, calls);
      await vi.advanceTimersByTimeAsync(20_000);
      expect(calls.length).toBeGreaterThan(60);
    });
  });

  it('never lets more than 15 arrive in any sliding second, whenever the log goes away and comes back', async () => {
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
          const keeper = logKeeper(wayMs);
          const calls: Call[] = [];
          const replicas = processes.length;
          const seen = processes.map(({ noticesMs }, index) => keeper.seenBy(`${index}`, { replicas, noticesMs }));
          const stops = seen.map(({ log }, index) => {
            const { startsAt, pauses } = processes[index] ?? { startsAt: 0, pauses: [] };
            const quota = createSharedQuota({ log, clock: now });
            const queue = createSlotQueue(quota);
            const rest = [...pauses];
            const ask = () =>
              queue.request((take) => {
                const slot = take();
                slot.left();
                calls.push({ owner: `${index}`, at: now() });
                setTimeout(() => slot.done(), 20);
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
