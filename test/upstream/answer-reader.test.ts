import type { Dispatcher } from 'undici';
import { describe, expect, it } from 'vitest';
import { createCancel } from '../../src/policies/cancel.ts';
import { readAnswer } from '../../src/upstream/answer-reader.ts';

const reason = new Error('out of time');

describe('a request that is ended', () => {
  it('is over at once while it waits for a connection, and is not sent when there is one', async () => {
    const cancel = createCancel();
    const handlers: Dispatcher.DispatchHandler[] = [];
    const answer = readAnswer((handler) => handlers.push(handler), cancel.signal);
    cancel.abort(reason);
    await expect(answer).rejects.toBe(reason);
    const ended: unknown[] = [];
    handlers[0]?.onRequestStart?.(
      { abort: (why: Error) => ended.push(why) } as unknown as Dispatcher.DispatchController,
      {},
    );
    expect(ended).toEqual([reason]);
  });

  it('is not made where it was ended before', async () => {
    const cancel = createCancel();
    cancel.abort(reason);
    const handlers: unknown[] = [];
    await expect(readAnswer((handler) => handlers.push(handler), cancel.signal)).rejects.toBe(reason);
    expect(handlers).toEqual([]);
  });

  it('can be ended by an AbortController as well', async () => {
    const controller = new AbortController();
    const answer = readAnswer(() => {}, controller.signal);
    controller.abort(reason);
    await expect(answer).rejects.toBe(reason);
  });
});

describe('a body', () => {
  it('is whole, in however many pieces it arrives', async () => {
    const answer = readAnswer((handler) => {
      const controller = {} as Dispatcher.DispatchController;
      handler.onRequestStart?.(controller, {});
      handler.onResponseStart?.(controller, 200, {});
      for (const piece of ['', '张', '三', '']) handler.onResponseData?.(controller, Buffer.from(piece));
      handler.onResponseEnd?.(controller, {});
    }, createCancel().signal);
    expect((await answer).body.toString()).toBe('张三');
  });
});
