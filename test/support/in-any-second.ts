/** The largest number of arrivals in any sliding second. */
export function mostInAnySecond(arrivals: readonly number[]): number {
  const sorted = arrivals.toSorted((a, b) => a - b);
  return Math.max(0, ...sorted.map((end) => sorted.filter((at) => at <= end && at > end - 1_000).length));
}
