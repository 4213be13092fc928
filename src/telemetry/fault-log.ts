import { faultStack } from './fault-stack.ts';
import type { Log } from './log.ts';

/** One place can fail for every person of every request: it is told so often, with the count. */
const REMINDER_MS = 10_000;
/** Places are lines of code, so there are few; should they not be, they are forgotten. */
const MOST_PLACES = 1_000;

/** What is known of the request that a fault belongs to. */
export interface FaultOrigin {
  readonly requestId?: string | undefined;
  readonly traceId?: string | undefined;
}

/**
 * Tells faults of the gateway itself, each by its lines of code.
 * @param clock milliseconds on a clock that never jumps.
 */
export function createFaultLog(log: Log, clock: () => number): (error: unknown, origin?: FaultOrigin) => void {
  const places = new Map<string, { toldAt: number; failures: number }>();

  return (error, { requestId, traceId } = {}) => {
    const stack = faultStack(error);
    if (places.size >= MOST_PLACES) places.clear();
    const place = places.get(stack) ?? { toldAt: Number.NEGATIVE_INFINITY, failures: 0 };
    places.set(stack, place);
    place.failures++;
    if (clock() - place.toldAt < REMINDER_MS) return;
    log('error', 'The gateway failed inside.', { requestId, traceId, failures: place.failures, stack });
    place.toldAt = clock();
    place.failures = 0;
  };
}
