import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { hedged } from '../../src/policies/hedge.ts';

/** Scripted attempts: the n-th call gets the n-th script. */
function attempts(...scripts: ((signal: AbortSignal) => Promise<string>)[]) {
  const signals: AbortSignal[] = [];
  const attempt = (signal: AbortSignal) => {
    signals.push(signal);
    return (scripts[signals.length - 1] ?? silent)(signal);
  };
  return { attempt, signals };
}

const silent = (signal: AbortSignal) =>
  new Promise<string>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
const fails = (message: string) => () => Promise.reject(new Error(message));
const never = new AbortController().signal;

describe('a hedged attempt', () => {
  it('is one attempt where the first is answered in time', async () => {
    const { attempt, signals } = attempts(async () => 'first');
    expect(await hedged(attempt, { afterMs: 5, signal: never })).toBe('first');
    await sleep(20);
    expect(signals).toHaveLength(1);
  });

  it('the second counts where the first is silent, and the first is aborted', async () => {
    const { attempt, signals } = attempts(silent, async () => 'second');
    expect(await hedged(attempt, { afterMs: 1, signal: never })).toBe('second');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it('a slow first attempt still counts where the second fails', async () => {
    const { attempt } = attempts(() => sleep(30, 'slow'), fails('second'));
    expect(await hedged(attempt, { afterMs: 1, signal: never })).toBe('slow');
  });

  it('a first attempt that fails is final, and there is no second', async () => {
    const { attempt, signals } = attempts(fails('first'));
    await expect(hedged(attempt, { afterMs: 5, signal: never })).rejects.toThrow('first');
    await sleep(20);
    expect(signals).toHaveLength(1);
  });

  it('the signal aborts both', async () => {
    const { attempt } = attempts(silent, silent);
    const enough = new AbortController();
    setTimeout(() => enough.abort('enough'), 20);
    await expect(hedged(attempt, { afterMs: 1, signal: enough.signal })).rejects.toBe('enough');
  });
});
