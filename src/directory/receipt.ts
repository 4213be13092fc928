/** What answering one request took. */
export interface Receipt {
  /** Calls to the user API that look-ups of this request started. */
  upstreamCalls: number;
  /** Identifiers that this request queued, in any call; again where a call had to be repeated. */
  identifiersSent: number;
  /** Identifiers answered from memory. */
  cacheHits: number;
  /** Look-ups that rode on a call which another request started. */
  joined: number;
  /** Identifiers answered with a person from memory whose time is over, since the user API is in trouble. */
  stale: number;
  /** The longest that a look-up waited for its turn in the quota, in milliseconds. */
  waitedMs: number;
}

export const emptyReceipt = (): Receipt => ({
  upstreamCalls: 0,
  identifiersSent: 0,
  cacheHits: 0,
  joined: 0,
  stale: 0,
  waitedMs: 0,
});

/** What several took together; the wait is the longest of them, since they wait at the same time. */
export function addReceipts(receipts: readonly Receipt[]): Receipt {
  const sum = emptyReceipt();
  for (const { waitedMs, ...counts } of receipts) {
    sum.waitedMs = Math.max(sum.waitedMs, waitedMs);
    for (const name of Object.keys(counts) as (keyof typeof counts)[]) sum[name] += counts[name];
  }
  return sum;
}
