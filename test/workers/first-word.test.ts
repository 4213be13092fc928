import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { talkToWorker } from '../../src/cli/run-workers.ts';
import { LIFE_CHANNEL, type StartOrder } from '../../src/cli/worker-life.ts';
import { createChannel } from '../../src/workers/channel.ts';
import { watch } from '../../src/workers/watch.ts';
import { wirePair } from '../support/wires.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** The primary's talk to a worker that it watches. */
function watched() {
  const [here, there] = wirePair();
  const { answers } = talkToWorker(there, { worker: 1, setup: {} } as unknown as StartOrder, () => {});
  const onSilent = vi.fn<() => void>();
  watch(answers, onSilent);
  return { wire: here, onSilent };
}

it('a worker that hangs before its first word is noticed after half a minute, like any other', async () => {
  const { onSilent } = watched();
  await vi.advanceTimersByTimeAsync(29_000);
  expect(onSilent).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(6_000);
  expect(onSilent).toHaveBeenCalledTimes(1);
});

it('one that takes its time before its first word is left alone', async () => {
  const { wire, onSilent } = watched();
  await vi.advanceTimersByTimeAsync(29_000);
  const life = createChannel(wire, LIFE_CHANNEL, { onAsk: () => null, onTell() {} });
  expect(await life.ask({ says: 'here' })).toMatchObject({ worker: 1 });
  await vi.advanceTimersByTimeAsync(120_000);
  expect(onSilent).not.toHaveBeenCalled();
});
