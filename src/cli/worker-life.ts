import { z } from 'zod';
import type { Setup } from './run-gateway.ts';

/** The channel between the primary and a worker for its start and its end. */
export const LIFE_CHANNEL = 'life';

/** A worker sends the first message: what is sent to it before it listens is lost. */
export const workerSays = z.discriminatedUnion('says', [
  z.object({ says: z.literal('here') }),
  z.object({ says: z.literal('listening'), url: z.string(), metricsUrl: z.string() }),
  z.object({ says: z.literal('failed'), reason: z.string() }),
]);
export type WorkerSays = z.infer<typeof workerSays>;

/**
 * The answer to the first. Neither on the command line nor in the environment: there are secrets in it, and it has been checked
 * already.
 */
export const startOrder = z.object({
  worker: z.int(),
  setup: z.custom<Setup>((value) => typeof value === 'object' && value !== null && 'config' in value),
});
export type StartOrder = z.infer<typeof startOrder>;

/** Sent to a worker at any time; and the answer to its first message, where it must not start any more. */
export const STOP_ORDER = 'stop';

/** Sent to a worker periodically: any answer shows that it is alive. */
export const ARE_YOU_THERE = 'are you there';
