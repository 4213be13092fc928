import type { LookUp } from './look-up.ts';

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

/** Enters a call on the receipts. Each call is on the receipt of one request: the one whose look-up comes first in it. */
export function noteCall(lookUps: readonly LookUp[], now: number): void {
  const starter = lookUps[0]?.owner;
  if (starter) starter.receipt.upstreamCalls++;
  for (const { owner, queuedAt, waiters } of lookUps) {
    if (owner) owner.receipt.identifiersSent++;
    if (owner && owner !== starter) owner.receipt.joined++;
    for (const { ticket } of waiters) {
      const waitedMs = Math.round(now - Math.max(queuedAt, ticket.startedAt));
      ticket.receipt.waitedMs = Math.max(ticket.receipt.waitedMs, waitedMs);
    }
  }
}
