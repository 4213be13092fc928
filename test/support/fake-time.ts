import { afterEach, beforeEach, vi } from 'vitest';

/** Every test of the file runs in time that it moves by itself: timers, and the monotonic clock. */
export function useFakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: [
        'setTimeout',
        'clearTimeout',
        'setInterval',
        'clearInterval',
        'setImmediate',
        'clearImmediate',
        'performance',
      ],
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}
