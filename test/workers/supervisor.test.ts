import { afterEach, beforeEach, describe, expect, it, type Mock, vi } from 'vitest';
import { createSupervisor, type WorkerEnd, type WorkerEvent } from '../../src/workers/supervisor.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Workers that do what the test says. `started` lists them as they were started. */
function supervised(workers = 2) {
  const events: WorkerEvent[] = [];
  const started: {
    worker: number;
    answers: Mock<() => Promise<unknown>>;
    listens(): void;
    ends(end?: WorkerEnd): void;
    orders: string[];
  }[] = [];
  const supervisor = createSupervisor({
    workers,
    start(worker) {
      let listens = (_url: string) => {};
      let ends = (_end: WorkerEnd) => {};
      const orders: string[] = [];
      const listening = new Promise<string>((resolve) => {
        listens = resolve;
      });
      const ended = new Promise<WorkerEnd>((resolve) => {
        ends = resolve;
      });
      const answers = vi.fn<() => Promise<unknown>>(async () => null);
      started.push({
        worker,
        answers,
        orders,
        listens: () => listens(`http://127.0.0.1:400${worker}`),
        ends: (end = { exitCode: 1 }) => ends(end),
      });
      return {
        pid: 1_000 + started.length,
        listening,
        ended,
        answers,
        stop: () => orders.push('stop'),
        kill: () => orders.push('kill'),
      };
    },
    onEvent: (event) => events.push(event),
  });
  const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
  return { supervisor, started, events, pass };
}

describe('workers that are started', () => {
  it('as many as there should be; the first that listens is enough to begin', async () => {
    const { supervisor, started, events } = supervised(3);
    expect(started.map(({ worker }) => worker)).toEqual([1, 2, 3]);
    started[1]?.listens();
    expect(await supervisor.listening).toBe('http://127.0.0.1:4002');
    expect(events).toEqual([{ type: 'listening', worker: 2, pid: 1_002 }]);
  });

  it('when all end before any listens, none is started again, and the reason is told', async () => {
    const { supervisor, started, events, pass } = supervised();
    const failed = supervisor.listening.catch(String);
    started[0]?.ends({ exitCode: 1 });
    await pass(60_000);
    started[1]?.ends({ exitCode: 1, reason: 'The port is taken.' });
    expect(await failed).toBe('Error: The port is taken.');
    await pass(60_000);
    expect(started).toHaveLength(2);
    expect(events.map((event) => 'pauseMs' in event && event.pauseMs)).toEqual([undefined, undefined]);
  });

  it('one that ended before another listened is started again after that', async () => {
    const { started, pass } = supervised();
    started[0]?.ends({ signal: 'SIGKILL' });
    await pass(60_000);
    started[1]?.listens();
    await pass(1_000);
    expect(started.map(({ worker }) => worker)).toEqual([1, 2, 1]);
  });
});

describe('a worker that crashes', () => {
  it('is started again, after pauses that grow to half a minute; from a second on again when it has been well for a minute', async () => {
    const { started, events, pass } = supervised(1);
    started[0]?.listens();
    for (let crash = 0; crash < 7; crash++) {
      started.at(-1)?.ends();
      await pass();
      const before = started.length;
      const { pauseMs } = events.at(-1) as { pauseMs: number };
      await pass(pauseMs - 1);
      expect(started).toHaveLength(before);
      await pass(1);
      expect(started).toHaveLength(before + 1);
    }
    await pass(60_000);
    started.at(-1)?.ends({ signal: 'SIGSEGV' });
    await pass();
    const crashes = events.filter(({ type }) => type === 'crashed');
    expect(crashes.map((event) => 'pauseMs' in event && event.pauseMs)).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 1_000,
    ]);
    expect(crashes.at(-1)).toEqual({ type: 'crashed', worker: 1, signal: 'SIGSEGV', pauseMs: 1_000 });
  });
});

describe('a worker that hangs', () => {
  const never = () => new Promise(() => {});

  it('is killed when it has answered nothing for half a minute, and is started again', async () => {
    const { started, events, pass } = supervised();
    const [hangs, other] = started;
    hangs?.listens();
    await pass(60_000);
    hangs?.answers.mockImplementation(never);
    // Asked every five seconds; the first time that it does not answer is at 65 s.
    await pass(34_999);
    expect(hangs?.orders).toEqual([]);
    await pass(1);
    expect([hangs?.orders, other?.orders]).toEqual([['kill'], []]);
    expect(events.at(-1)).toEqual({ type: 'silent', worker: 1 });
    hangs?.ends({ signal: 'SIGKILL' });
    await pass(1_000);
    expect(events.at(-1)).toEqual({ type: 'crashed', worker: 1, signal: 'SIGKILL', pauseMs: 1_000 });
    expect(started.map(({ worker }) => worker)).toEqual([1, 2, 1]);
    expect(hangs?.answers).toHaveBeenCalledTimes(18);
  });

  it('and answers after all, however late, is left alone', async () => {
    const { started, events, pass } = supervised(1);
    const [slow] = started;
    slow?.answers.mockImplementation(() => new Promise((resolve) => setTimeout(resolve, 29_000)));
    await pass(600_000);
    expect([slow?.orders, events]).toEqual([[], []]);
  });

  it('is not killed for the questions that are lost when its connection ends', async () => {
    const { started, events, pass } = supervised(1);
    started[0]?.listens();
    started[0]?.answers.mockRejectedValue(new Error('The channel is closed.'));
    await pass(10_000);
    started[0]?.ends();
    await pass(60_000);
    expect(events.map(({ type }) => type)).toEqual(['listening', 'crashed']);
    expect(started.map(({ orders }) => orders)).toEqual([[], []]);
  });

  it('while all are stopped has the time that all have', async () => {
    const { supervisor, started, events, pass } = supervised(1);
    started[0]?.answers.mockImplementation(never);
    const stopped = supervisor.stop(60_000).catch(String);
    await pass(59_999);
    expect(started[0]?.orders).toEqual(['stop']);
    await pass(1);
    started[0]?.ends({ signal: 'SIGKILL' });
    expect(await stopped).toBe('Error: 1 of 1 workers did not stop in time.');
    expect(events).toEqual([{ type: 'killed', worker: 1 }]);
  });
});

describe('workers that are stopped', () => {
  it('are told so, and waited for; none is started again', async () => {
    const { supervisor, started, events, pass } = supervised();
    started[0]?.listens();
    await pass();
    started[1]?.ends();
    await pass();
    const stopped = supervisor.stop(10_000).then(() => 'stopped');
    expect(started[0]?.orders).toEqual(['stop']);
    started[0]?.ends({ exitCode: 0 });
    expect(await stopped).toBe('stopped');
    await pass(60_000);
    expect(started).toHaveLength(2);
    expect(events.filter(({ type }) => type === 'crashed')).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are killed when they take too long, and that is told', async () => {
    const { supervisor, started, events, pass } = supervised();
    started[0]?.listens();
    const stopped = supervisor.stop(10_000).catch(String);
    started[0]?.ends({ exitCode: 0 });
    await pass(9_999);
    expect(started[1]?.orders).toEqual(['stop']);
    await pass(1);
    expect(started[1]?.orders).toEqual(['stop', 'kill']);
    started[1]?.ends({ signal: 'SIGKILL' });
    expect(await stopped).toBe('Error: 1 of 2 workers did not stop in time.');
    expect(events.at(-1)).toEqual({ type: 'killed', worker: 2 });
  });

  it('are killed at once when there is no time, and those that wait are not started', async () => {
    const { supervisor, started, pass } = supervised();
    started[0]?.listens();
    await pass();
    started[1]?.ends();
    await pass();
    supervisor.kill();
    await pass(60_000);
    expect(started.map(({ orders }) => orders)).toEqual([['kill'], []]);
  });
});
