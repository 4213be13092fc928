/**
 * @param {ArrayLike<number>} values
 * @param {number} share 0.5 for the median
 */
export function quantile(values, share) {
  const sorted = Float64Array.from(values).toSorted();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Of an even number of values the mean of the two in the middle. @param {ArrayLike<number>} values */
export function median(values) {
  const sorted = Float64Array.from(values).toSorted();
  const middle = sorted.length / 2;
  return mean(sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1));
}

/** @param {readonly number[] | Float64Array} values */
export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
