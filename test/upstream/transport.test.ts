import fc from 'fast-check';
import type { Dispatcher } from 'undici';
import { describe, expect, it } from 'vitest';
import { createCancel } from '../../src/policies/cancel.ts';
import { readAnswer } from '../../src/upstream/transport.ts';

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

/** A request that is answered with a body in these pieces. */
function answeredIn(pieces: Iterable<Buffer>) {
  return readAnswer((handler) => {
    const controller = {} as Dispatcher.DispatchController;
    handler.onRequestStart?.(controller, {});
    handler.onResponseStart?.(controller, 200, {});
    for (const piece of pieces) handler.onResponseData?.(controller, piece);
    handler.onResponseEnd?.(controller, {});
  }, createCancel().signal);
}

describe('a body', () => {
  it('is whole, in however many pieces it arrives', async () => {
    const { body } = await answeredIn(['', '张', '三', ''].map((piece) => Buffer.from(piece)));
    expect(body.toString()).toBe('张三');
  });

  it('is whole in any number of pieces of any length', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 300 }), async (arrays) => {
        const pieces = arrays.map((bytes) => Buffer.from(bytes));
        expect((await answeredIn(pieces)).body).toEqual(Buffer.concat(pieces));
      }),
      { numRuns: 100, seed: 20261130 },
    );
  });

  it('that arrives byte by byte is not kept as an object for each byte', async () => {
    const text = '7000000000000000001'.repeat(50);
    function* bytes() {
      const given: Buffer[] = [];
      for (const one of Buffer.from(text)) {
        const piece = Buffer.from([one]);
        yield piece;
        // What still had to be looked at would be spoilt now.
        given.push(piece);
        if (given.length > 64) given.shift()?.fill('!');
      }
    }
    expect((await answeredIn(bytes())).body.toString()).toBe(text);
  });
});
