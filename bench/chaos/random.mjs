/**
 * The same numbers for the same seed: mulberry32, evenly spread from 0 to below 1.
 * @param {number} seed
 * @returns {() => number}
 */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * @param {() => number} random
 * @param {number} from
 * @param {number} to the highest number that can come
 */
export const wholeBetween = (random, from, to) => from + Math.floor(random() * (to - from + 1));

/**
 * @template T
 * @param {() => number} random
 * @param {readonly T[]} list not empty
 */
export const pick = (random, list) => list[Math.floor(random() * list.length)];

/**
 * @template T
 * @param {() => number} random
 * @param {readonly T[]} list
 * @returns {T[]} all of them in an order of their own
 */
export function shuffled(random, list) {
  const drawn = list.map((item) => ({ item, at: random() }));
  return drawn.toSorted((one, other) => one.at - other.at).map(({ item }) => item);
}
