/** User keys of made-up people, from number `first` on. */
export const keysFrom = (first: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => String(7_000_000_000_000_000_000n + BigInt(first + index)));
