import { describe, expect, it, vi } from 'vitest';
import type { Directory } from '../../src/directory/directory.ts';
import type { ForgetChannel } from '../../src/directory/forget.ts';
import { createForget } from '../../src/directory/forget.ts';
import type { UserIdentifier } from '../../src/directory/identifiers.ts';
import { directoryOnFakeClock } from '../support/made-up-api.ts';

const NAME: UserIdentifier = { kind: 'key', identifier: 'k1' };

function setUp(channel?: Partial<ForgetChannel>, timeoutMs?: number) {
  const directory: Directory = directoryOnFakeClock().directory;
  vi.useRealTimers();
  const [forget, onForgotten] = [vi.spyOn(directory, 'forget'), vi.fn<() => void>()];
  let hear: (names: readonly UserIdentifier[]) => void = () => {};
  const whole = channel && {
    publish: async () => ({ replicas: 1 }),
    listen(onForget: typeof hear) {
      hear = onForget;
    },
    ...channel,
  };
  const forgetEverywhere = createForget({ directory, channel: whole, onForgotten, timeoutMs });
  return { forgetEverywhere, forget, onForgotten, hear: (names: readonly UserIdentifier[]) => hear(names) };
}

describe('forgetting everywhere', () => {
  it('without others is done by this process', async () => {
    const { forgetEverywhere, onForgotten } = setUp();
    expect(await forgetEverywhere(NAME)).toEqual({ entries: 0, replicas: 1 });
    expect(onForgotten).toHaveBeenCalledTimes(1);
  });

  it('is done here first, so that a failure of the way to others does not keep them', async () => {
    const { forgetEverywhere, forget } = setUp({ publish: () => Promise.reject(new Error('no way')) });
    await expect(forgetEverywhere(NAME)).rejects.toMatchObject({ code: 'FORGET_INCOMPLETE' });
    expect(forget).toHaveBeenCalledWith(NAME);
  });

  it('does not wait for others without end, and does not claim then that they have', async () => {
    const { forgetEverywhere } = setUp({ publish: () => new Promise(() => {}) }, 20);
    await expect(forgetEverywhere(NAME)).rejects.toMatchObject({ code: 'FORGET_INCOMPLETE' });
  });

  it('publishes no malformed identifier', async () => {
    const publish = vi.fn<ForgetChannel['publish']>(async () => ({ replicas: 1 }));
    const { forgetEverywhere } = setUp({ publish });
    await expect(forgetEverywhere({ kind: 'email', identifier: 'x' })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    expect(publish).not.toHaveBeenCalled();
  });

  it('applies a message with one pass over the cache, and publishes it no more', () => {
    const publish = vi.fn<ForgetChannel['publish']>(async () => ({ replicas: 1 }));
    const { hear, forget, onForgotten } = setUp({ publish });
    hear([NAME, { kind: 'outId', identifier: 'on_1' }]);
    expect([forget.mock.calls.length, onForgotten.mock.calls.length]).toEqual([1, 1]);
    hear([]);
    expect(forget).toHaveBeenCalledTimes(1);
    expect(publish).not.toHaveBeenCalled();
  });
});
