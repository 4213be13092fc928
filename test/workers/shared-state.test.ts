import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPrimary } from '../../src/workers/primary.ts';
import { createWorkerState } from '../../src/workers/worker-state.ts';
import { wirePair } from '../support/wires.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A primary, and workers whose clocks tell other times than its own. */
async function processes({ workers = 2, callsPerSecond = 15 } = {}) {
  const primary = createPrimary({ workers, callsPerSecond });
  const start = (n: number) => {
    const [here, there] = wirePair();
    const clock = () => performance.now() + 1_000_000 * n;
    const gone = primary.attach(`worker ${n}`, there);
    return { ...createWorkerState({ wire: here, workers, clock }), clock, gone, wire: here };
  };
  const started = Array.from({ length: workers }, (_, n) => start(n + 1));
  // Until they have said that they are there.
  await Promise.resolve();
  return { primary, start, workers: started };
}

const life = (clock: () => number, token = 'p-token') => ({
  token,
  startedAt: clock(),
  endsAt: clock() + 7_200_000,
  renewAt: clock() + 7_020_000,
});

describe('the calls of workers', () => {
  it('are of one quota, each on the clock of its worker', async () => {
    const { workers } = await processes();
    const logs = workers.map((worker) => worker.rateLimitStoreOf('plugin'));
    const waits: number[] = [];
    const contending: number[] = [];
    for (let call = 0; call < 6; call++) {
      const { leaveAt, contenders } = (await logs[call % 2]?.reserve()) ?? { leaveAt: 0, contenders: 0 };
      waits.push(leaveAt - (workers[call % 2]?.clock() ?? 0));
      contending.push(contenders);
    }
    expect(contending).toEqual([1, 2, 2, 2, 2, 2]);
    expect(waits.slice(0, 3)).toEqual([0, 0, 0]);
    const gaps = waits.slice(3).map((ms, n) => ms - (waits[n + 2] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(60);
  });

  it('with one credential are of no concern to another', async () => {
    const { workers } = await processes({ callsPerSecond: 1 });
    for (const identity of ['caller:a', 'caller:b']) {
      const { leaveAt, inUse } = (await workers[0]?.rateLimitStoreOf(identity).reserve()) ?? {};
      expect([leaveAt, inUse]).toEqual([workers[0]?.clock(), 1]);
    }
  });

  it('count no more when they are given back, and a second from when they arrived', async () => {
    const { workers } = await processes({ callsPerSecond: 1 });
    const [a, b] = workers.map((worker) => worker.rateLimitStoreOf('plugin'));
    (await a?.reserve())?.release();
    const arrivedAt = performance.now();
    (await a?.reserve())?.confirm(workers[0]?.clock() ?? 0);
    vi.advanceTimersByTime(500);
    const { leaveAt } = (await b?.reserve()) ?? { leaveAt: 0 };
    expect(leaveAt - 2_000_000).toBe(arrivedAt + 1_005);
  });

  it('pause for all of them', async () => {
    const { workers } = await processes();
    workers[0]?.rateLimitStoreOf('plugin').penalise(2_000);
    const { leaveAt, pausedUntil } = (await workers[1]?.rateLimitStoreOf('plugin').reserve()) ?? {};
    const end = (workers[1]?.clock() ?? 0) + 2_000;
    expect([leaveAt, pausedUntil]).toEqual([end, end]);
  });

  it('of a worker that is gone hold up nobody', async () => {
    const { workers } = await processes({ callsPerSecond: 1 });
    const [a, b] = workers;
    await a?.rateLimitStoreOf('plugin').reserve();
    a?.gone();
    vi.advanceTimersByTime(1_105);
    expect((await b?.rateLimitStoreOf('plugin').reserve())?.leaveAt).toBe(b?.clock());
  });

  it('may be asked for at once, and by a share where the primary does not answer', async () => {
    const [here] = wirePair();
    const log = createWorkerState({ wire: here, workers: 3 }).rateLimitStoreOf('plugin');
    expect([log.reachableSince(), log.replicas()]).toEqual([Number.NEGATIVE_INFINITY, 3]);
    const reserved = log.reserve().catch(String);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await reserved).toContain('No answer from the other process within 1000 ms');
  });
});

describe('the token of workers', () => {
  it('that one of them got is known to all, with its life; until its end', async () => {
    const { workers, start } = await processes();
    const [a, b] = workers;
    expect(await b?.tokenStore.read()).toBeUndefined();
    await a?.tokenStore.write(life(a.clock));
    for (const worker of [b, start(3)])
      expect(await worker?.tokenStore.read()).toEqual(life(worker?.clock ?? Date.now));
    vi.advanceTimersByTime(7_200_000);
    expect(await b?.tokenStore.read()).toBeUndefined();
  });

  it('is got by one at a time', async () => {
    const [a, b] = (await processes()).workers;
    const unlock = await a?.tokenStore.lock(3_000);
    expect(await b?.tokenStore.lock(3_000)).toBeUndefined();
    await unlock?.();
    expect(await b?.tokenStore.lock(3_000)).toBeInstanceOf(Function);
  });

  it('is got by another where the one that was to get it takes too long, or is gone', async () => {
    const [a, b] = (await processes()).workers;
    const late = await a?.tokenStore.lock(3_000);
    vi.advanceTimersByTime(3_000);
    expect(await b?.tokenStore.lock(3_000)).toBeInstanceOf(Function);
    await late?.();
    expect(await a?.tokenStore.lock(3_000)).toBeUndefined();
    b?.gone();
    expect(await a?.tokenStore.lock(3_000)).toBeInstanceOf(Function);
  });
});

describe('a question to all workers', () => {
  it('is answered by each, whether a worker asks or the primary', async () => {
    const { primary, workers } = await processes();
    for (const [n, worker] of workers.entries()) worker.onQuestion('forget', (body) => `${String(body)} of ${n}`);
    const all = { answers: ['calls of 0', 'calls of 1'], missing: 0 };
    expect(await primary.askAll({ about: 'forget', body: 'calls' }, 1_000)).toEqual(all);
    expect(await workers[1]?.askAll({ about: 'forget', body: 'calls' }, 1_000)).toEqual(all);
  });

  it('tells how many did not answer: not in time, not able to, or gone meanwhile; those gone before are not asked', async () => {
    const { primary, workers } = await processes({ workers: 5 });
    const [a, b, c, d, e] = workers;
    a?.onQuestion('forget', () => null);
    b?.onQuestion('forget', () => new Promise(() => {}));
    c?.onQuestion('metrics', () => 'another question');
    d?.onQuestion('forget', () => new Promise(() => {}));
    e?.gone();
    const asked = primary.askAll({ about: 'forget', body: ['x'] }, 1_000);
    d?.gone();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await asked).toEqual({ answers: [null], missing: 3 });
  });
});

describe('a question to a worker that ends meanwhile', () => {
  it('is not waited for', async () => {
    const { primary, workers } = await processes({ workers: 1 });
    workers[0]?.onQuestion('forget', () => new Promise(() => {}));
    const asked = primary.askAll({ about: 'forget', body: [] }, 60_000);
    workers[0]?.gone();
    expect(await asked).toEqual({ answers: [], missing: 1 });
  });
});

describe('what comes over the wire', () => {
  it('is refused by the primary where it is not of the protocol', async () => {
    const { workers } = await processes();
    const [a, b] = workers;
    const answers: unknown[] = [];
    a?.wire.listen((message) => answers.push(message));
    for (const body of [undefined, { ask: 'reserve', identity: 5 }, { ask: 'secret' }]) {
      a?.wire.send({ is: 'ask', channel: 'state', id: 900, body });
    }
    a?.wire.send({
      is: 'tell',
      channel: 'state',
      body: { tell: 'settle', identity: 'plugin', id: 'x', arrivedBy: 'y' },
    });
    await vi.waitFor(() => expect(answers).toHaveLength(3));
    expect(answers).toEqual(Array.from({ length: 3 }, () => expect.objectContaining({ is: 'failure', id: 900 })));
    expect((await b?.rateLimitStoreOf('plugin').reserve())?.inUse).toBe(1);
  });

  it('is refused by a worker where it is not of the protocol', async () => {
    const [here, there] = wirePair();
    const log = createWorkerState({ wire: here, workers: 2 }).rateLimitStoreOf('plugin');
    const reserved = log.reserve().catch((error: Error) => error.constructor.name);
    there.send({ is: 'answer', channel: 'state', id: 0, body: { id: 'x', leaveAt: 'now' } });
    expect(await reserved).toBe('ZodError');
  });
});
