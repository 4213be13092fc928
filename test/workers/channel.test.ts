import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createChannel, type Receiver } from '../../src/workers/channel.ts';
import { wirePair } from '../support/wires.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const deaf: Receiver = { onAsk() {}, onTell() {} };

describe('a channel between two processes', () => {
  it('gives each question its own answer, in whatever order they come', async () => {
    const [here, there] = wirePair();
    const answers = new Map<unknown, (answer: string) => void>();
    createChannel(there, 'state', { ...deaf, onAsk: (body) => new Promise((resolve) => answers.set(body, resolve)) });
    const channel = createChannel(here, 'state', deaf);
    const asked = Promise.all([channel.ask('a'), channel.ask('b')]);
    await vi.waitFor(() => expect(answers.size).toBe(2));
    answers.get('b')?.('to b');
    answers.get('a')?.('to a');
    expect(await asked).toEqual(['to a', 'to b']);
  });

  it('is one of several over the same wire, and leaves alone whatever else comes', async () => {
    const [here, there] = wirePair();
    const told: unknown[] = [];
    for (const name of ['state', 'life']) {
      createChannel(there, name, {
        onAsk: (body) => `${name}: ${String(body)}`,
        onTell: (body) => told.push(`${name}: ${String(body)}`),
      });
    }
    const [state, life] = ['state', 'life'].map((name) => createChannel(here, name, deaf));
    for (const garbage of [null, 'ask', 7, {}, { is: 'ask', channel: 'state' }, { channel: 'rate_limiter_flexible' }]) {
      here.send(garbage);
    }
    state?.tell('hello');
    expect(await Promise.all([state?.ask('x'), life?.ask('x')])).toEqual(['state: x', 'life: x']);
    expect(told).toEqual(['state: hello']);
  });

  it('tells that the other side failed, without what its error says', async () => {
    const [here, there] = wirePair();
    createChannel(there, 'state', {
      ...deaf,
      onAsk() {
        throw new RangeError('no such person: zhangsan@example.com');
      },
    });
    const failure = await createChannel(here, 'state', deaf).ask('x').catch(String);
    expect(failure).toMatch(/^Error: The other process failed: RangeError\n {4}at /);
    expect(failure).not.toContain('zhangsan');
  });

  it('waits as long as it is told to, and takes no answer after that', async () => {
    const [here, there] = wirePair();
    createChannel(there, 'state', { ...deaf, onAsk: () => new Promise((resolve) => setTimeout(resolve, 1_500)) });
    const channel = createChannel(here, 'state', deaf);
    const asked = channel.ask('x', 1_000).catch(String);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await asked).toBe('Error: No answer from the other process within 1000 ms.');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('when it is closed, nobody waits any more', async () => {
    const [here] = wirePair();
    const channel = createChannel(here, 'state', deaf);
    const asked = channel.ask('x', 60_000).catch(String);
    channel.close();
    expect(await asked).toContain('closed before there was an answer');
    expect(await channel.ask('y').catch(String)).toContain('closed');
    expect(vi.getTimerCount()).toBe(0);
  });
});
