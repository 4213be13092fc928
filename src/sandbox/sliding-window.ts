/**
 * Counts calls in the sliding second that ends now: true admits the call, false means over the limit.
 * A refused call is not counted; how the vendor counts is not documented [?].
 */
export function slidingWindow(limit: number, now: () => number, lengthMs = 1000): () => boolean {
  const admittedAt: number[] = [];
  return () => {
    const current = now();
    while (admittedAt[0] !== undefined && admittedAt[0] <= current - lengthMs) admittedAt.shift();
    if (admittedAt.length >= limit) return false;
    admittedAt.push(current);
    return true;
  };
}
