import { describe, expect, it } from 'vitest';
import { faultStack, isFaultStack } from '../../src/telemetry/fault-stack.ts';

const SECRET = 'zhangsan@example.com';

/** What the code throws when it does this. */
function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new TypeError('Expected it to throw.');
}

describe('the logged stack of an internal error', () => {
  it('has the class, the code and the frames, but not the message', () => {
    const error = Object.assign(new TypeError(`${SECRET} failed`), { code: 'ECONNRESET' });
    const [head, ...frames] = faultStack(error).split('\n');
    expect(head).toBe('TypeError ECONNRESET');
    expect(frames[0]).toMatch(/^ {4}at .*fault-stack\.test\.ts:\d+:\d+\)?$/);
    expect(faultStack(error)).not.toContain(SECRET);
  });

  it('has the same for each cause', () => {
    const error = new Error('outer', { cause: new RangeError(SECRET, { cause: SECRET }) });
    expect(faultStack(error)).toMatch(/^Error\n[\s\S]+\ncaused by RangeError\n[\s\S]+\ncaused by string$/);
    expect(faultStack(error)).not.toContain(SECRET);
  });

  it('ends if an error is its own cause', () => {
    const error = new Error('outer');
    error.cause = error;
    expect(faultStack(error).match(/caused by/g)).toHaveLength(4);
  });

  it.each<[string, () => unknown]>([
    ['JavaScript quotes a key', () => (undefined as unknown as Record<string, string>)[SECRET]],
    ['JSON quotes the text', () => JSON.parse(`{"${SECRET}`)],
    ['URL keeps its input', () => new URL(SECRET)],
  ])('leaves out what %s', (_, action) => {
    const stack = faultStack(thrownBy(action));
    expect(stack).not.toContain(SECRET);
    expect(stack).toContain('fault-stack.test.ts');
  });

  it.each<[string, string]>([
    ['behind a text', `failed\n    at lookup (/app/${SECRET}.ts:1:2)`],
    ['alone', `    at ${SECRET} (/app/code.ts:1:2)\n    at lookup (/app/${SECRET}.ts:1:2)`],
    ['behind an empty line', `\n    at lookup (/app/${SECRET}.ts:1:2)`],
  ])('drops lines of a message that look like frames: %s', (_, message) => {
    const stack = faultStack(new Error(message));
    expect(stack).not.toContain(SECRET);
    expect(stack).toContain('fault-stack.test.ts');
  });

  it.each(['', 'another', 'failed'])('has no frames if the message was changed to "%s"', (changed) => {
    const error = new Error(`failed\n    at lookup (/app/${SECRET}.ts:1:2)`);
    error.message = changed;
    expect(faultStack(error)).not.toContain(SECRET);
  });

  it('does not trust the name or the code of an error', () => {
    const error = Object.assign(new Error(''), { name: SECRET, code: SECRET });
    expect(faultStack(error).split('\n')[0]).toBe('Error');
    expect(faultStack(error)).not.toContain(SECRET);
  });

  it.each([SECRET, { secret: SECRET }, undefined, null, 7])(
    'has only the type of a value that is no error: %o',
    (thrown) => {
      expect(faultStack(thrown)).toBe(typeof thrown);
    },
  );

  it('is recognised among other texts', () => {
    expect(isFaultStack(faultStack(new Error(SECRET)))).toBe(true);
    expect(isFaultStack(new Error(SECRET).stack)).toBe(false);
  });
});
