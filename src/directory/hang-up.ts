import type { CancelSignal } from '../policies/cancel.ts';

/** Tells when nobody waits for an answer any more. Any AbortSignal does, and whatever looks like one. */
export type HangUp = Omit<CancelSignal, 'reason'>;
