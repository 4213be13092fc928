import { afterEach, beforeEach, vi } from 'vitest';

/** Timers, and the monotonic clock: all that the gateway tells time by. */
export const FAKED = [
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'setImmediate',
  'clearImmediate',
  'performance',
] as const;

/** Every test of the file runs in time that it moves by itself: timers, and the monotonic clock. */
export function useFakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: [...FAKED] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}
