/** What one request took. */
export interface Receipt {
  /** Calls to the user API that lookups of this request started. */
  upstreamCalls: number;
  /** Identifiers of this request that were sent, in any call; once for each retry. */
  identifiersSent: number;
  /** Cache hits. */
  cacheHits: number;
  /** Lookups coalesced with a call that another request started. */
  joined: number;
  /** Identifiers resolved to a stale cached user after an upstream failure. */
  stale: number;
  /** The longest that a lookup waited for a permit, in milliseconds. */
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

/** The sum of several; the wait is the longest of them, since they wait at the same time. */
export function addReceipts(receipts: readonly Receipt[]): Receipt {
  const sum = emptyReceipt();
  for (const { waitedMs, ...counts } of receipts) {
    sum.waitedMs = Math.max(sum.waitedMs, waitedMs);
    for (const name of Object.keys(counts) as (keyof typeof counts)[]) sum[name] += counts[name];
  }
  return sum;
}
