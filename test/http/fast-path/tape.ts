import fc from 'fast-check';

/**
 * Numbers that a generator takes its choices from, one after the other. Where they are over it is always 0, and 0 always means the
 * plainest choice: so fast-check makes a case smaller by making its tapes shorter and their numbers smaller.
 */
export interface Tape {
  /** 0 to below `count`. */
  below(count: number): number;
  /** True in so many cases out of 100; never where the tape is over. */
  isOneOf100(cases: number): boolean;
  /** The first is the plainest. */
  pick<T>(choices: readonly T[]): T;
}

export type Numbers = readonly number[];

export function tapeOf(numbers: Numbers): Tape {
  let at = 0;
  const next = () => numbers[at++] ?? 0;
  const below = (count: number) => next() % count;
  return {
    below,
    isOneOf100: (cases) => below(100) >= 100 - cases,
    pick<T>(choices: readonly T[]): T {
      if (choices.length === 0) throw new RangeError('Expected something to choose from.');
      return choices[below(choices.length)] as T;
    },
  };
}

/** @param most numbers on a tape. */
export const numbers = (most: number): fc.Arbitrary<Numbers> =>
  fc.noBias(fc.array(fc.nat({ max: 0xffff }), { maxLength: most, size: 'max' }));
