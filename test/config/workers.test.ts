import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';

const workersOf = (text?: string) => readConfig({ environment: { WORKERS: text } }).workers;

describe('WORKERS', () => {
  it('is one process by default', () => {
    expect(workersOf()).toBe(1);
  });

  it('is a number, or auto for one on each processor', () => {
    expect(workersOf('3')).toBe(3);
    expect(workersOf('auto')).toBe(Math.min(availableParallelism(), 64));
  });

  it.each(['0', '65', 'two', '1.5', 'AUTO'])('%s is a mistake', (text) => {
    expect(() => workersOf(text)).toThrow(
      expect.objectContaining({
        mistakes: [`WORKERS: expected a whole number from 1 to 64, or auto, got ${JSON.stringify(text)}.`],
      }),
    );
  });
});
