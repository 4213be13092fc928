import type { LookUp } from './look-up.ts';
import { forEachWaiter } from './waiters.ts';

/** Enters a call on the receipts. Each call is on the receipt of one request: the one whose look-up comes first in it. */
export function noteCall(lookUps: readonly LookUp[], now: number): void {
  const starter = lookUps[0]?.owner;
  if (starter) starter.receipt.upstreamCalls++;
  for (const lookUp of lookUps) {
    const { owner, queuedAt } = lookUp;
    if (owner) owner.receipt.identifiersSent++;
    if (owner && owner !== starter) owner.receipt.joined++;
    forEachWaiter(lookUp, ({ answers: { ticket } }) => {
      const waitedMs = Math.round(now - Math.max(queuedAt, ticket.startedAt));
      ticket.receipt.waitedMs = Math.max(ticket.receipt.waitedMs, waitedMs);
    });
  }
}
