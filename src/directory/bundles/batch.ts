import type { Call, LookUp } from '../look-up.ts';
import { Bundle } from './bundle.ts';

/** Look-ups that leave in one call. */
export type Batch = readonly LookUp[] | Bundle;

export const lookUpsOf = (batch: Batch): readonly LookUp[] => (batch instanceof Bundle ? batch.dissolve() : batch);

export const spellingsOf = (batch: Batch): readonly string[] =>
  batch instanceof Bundle ? batch.spellings : batch.map(({ spelling }) => spelling);

export const idsOf = (batch: Batch): readonly string[] =>
  batch instanceof Bundle ? batch.ids : batch.map(({ id }) => id);

/** @returns since when the oldest of them waits, and how many nobody has asked for. */
export function putIn(call: Call, batch: Batch, sentAt: number) {
  if (batch instanceof Bundle) {
    batch.call = call;
    return { oldest: batch.queuedAt, refreshedAhead: 0 };
  }
  call.lookUps = batch;
  let oldest = sentAt;
  let refreshedAhead = 0;
  for (const lookUp of batch) {
    if (lookUp.queuedAt < oldest) oldest = lookUp.queuedAt;
    if (!lookUp.owner) refreshedAhead++;
    lookUp.state = 'sent';
    lookUp.call = call;
  }
  return { oldest, refreshedAhead };
}

export const withoutDone = (batch: Batch): Batch =>
  !(batch instanceof Bundle) && batch.some(isDone) ? batch.filter((lookUp) => !isDone(lookUp)) : batch;

const isDone = ({ state }: LookUp): boolean => state === 'done';
