import type { Batch } from './bundles/batch.ts';
import { Bundle } from './bundles/bundle.ts';
import type { Ticket } from './look-up.ts';
import { forEachWaiter } from './waiters.ts';

/** Enters a call on the receipts. Each call is on the receipt of one request: the one whose look-up comes first in it. */
export function noteCall(batch: Batch, now: number): void {
  if (batch instanceof Bundle) {
    const { owner } = batch;
    owner.receipt.upstreamCalls++;
    owner.receipt.identifiersSent += batch.length;
    noteWait(owner, batch.queuedAt, now);
    return;
  }
  const starter = batch[0]?.owner;
  if (starter) starter.receipt.upstreamCalls++;
  for (const lookUp of batch) {
    const { owner, queuedAt } = lookUp;
    if (owner) owner.receipt.identifiersSent++;
    if (owner && owner !== starter) owner.receipt.joined++;
    forEachWaiter(lookUp, ({ answers }) => noteWait(answers.ticket, queuedAt, now));
  }
}

function noteWait({ receipt, startedAt }: Ticket, queuedAt: number, now: number): void {
  receipt.waitedMs = Math.max(receipt.waitedMs, Math.round(now - Math.max(queuedAt, startedAt)));
}
