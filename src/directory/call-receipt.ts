import { forEachWaiter, type Lookup } from './lookup.ts';

/** Enters a call in the receipts of the requests that wait for it. Each call counts for one request: that of its first lookup. */
export function recordCall(lookups: readonly Lookup[], now: number): void {
  const starter = lookups[0]?.owner;
  if (starter) starter.receipt.upstreamCalls++;
  for (const lookup of lookups) {
    const { owner, queuedAt } = lookup;
    if (owner) owner.receipt.identifiersSent++;
    if (owner && owner !== starter) owner.receipt.joined++;
    forEachWaiter(lookup, ({ list: { request } }) => {
      const waitedMs = Math.round(now - Math.max(queuedAt, request.startedAt));
      if (waitedMs > request.receipt.waitedMs) request.receipt.waitedMs = waitedMs;
    });
  }
}
