import { seededRandom } from '../chaos/random.mjs';

/** Of 100 numbers at a time, the same do not come together again: the length is no multiple of it. */
const DRAWN = 2 ** 20;
const EXPONENT = 1.25;

/**
 * Indexes below `count`, each as likely as the others.
 * @param {number} count
 * @returns {import('./scenarios.mjs').Order}
 */
export function evenDraws(count) {
  const next = seededRandom(1);
  return repeated(Uint32Array.from({ length: DRAWN }, () => Math.floor(next() * count)));
}

/**
 * Indexes below `count`, number n `1 / n ** EXPONENT` times as often as the first: a few users all the time, many once in a while.
 * @param {number} count
 * @returns {import('./scenarios.mjs').Order}
 */
export function zipfDraws(count) {
  const upTo = new Float64Array(count);
  let sum = 0;
  for (let index = 0; index < count; index += 1) {
    sum += 1 / (index + 1) ** EXPONENT;
    upTo[index] = sum;
  }
  const next = seededRandom(1);
  return repeated(Uint32Array.from({ length: DRAWN }, () => firstAbove(upTo, next() * sum)));
}

/** @param {Uint32Array} drawn @returns {import('./scenarios.mjs').Order} */
const repeated = (drawn) => (at) => drawn[at % DRAWN] ?? 0;

/** @param {Float64Array} sorted @param {number} value */
function firstAbove(sorted, value) {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
