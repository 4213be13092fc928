import { seededRandom } from '../chaos/random.mjs';

/** So many people does the gateway of this scenario remember; with the others of these figures it finds nine of ten there. */
export const REMEMBERED = 2_000;
const MOST_PEOPLE = 20_000;
const EXPONENT = 1.25;
const DRAWN = 2 ** 20;

/**
 * Who is asked for when person n is asked for `1 / n ** EXPONENT` times as often as the first: a few people all the time, many
 * once in a while. The same order each time it is made.
 *
 * @param {number} people
 * @returns {(at: number) => number}
 */
export function zipfOrder(people) {
  const count = Math.min(people, MOST_PEOPLE);
  const upTo = new Float64Array(count);
  let sum = 0;
  for (let index = 0; index < count; index += 1) {
    sum += 1 / (index + 1) ** EXPONENT;
    upTo[index] = sum;
  }
  const next = seededRandom(1);
  const drawn = Uint32Array.from({ length: DRAWN }, () => firstAbove(upTo, next() * sum));
  return (at) => drawn[at % DRAWN] ?? 0;
}

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
