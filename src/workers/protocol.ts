import { z } from 'zod';
import type { Grant } from '../policies/schedule.ts';

/** The conversation between a worker and its primary about what all workers have in common. */
export const STATE_CHANNEL = 'state';
/** A primary that does not answer within this is taken to be away. */
export const ANSWER_WITHIN_MS = 1_000;

/** So long all workers may take to forget somebody. */
export const FORGET_WITHIN_MS = 3_000;

/** Somebody to forget. What kinds there are, whoever forgets them knows. */
export const personName = z.object({
  kind: z.enum(['key', 'outId', 'email']),
  identifier: z.string(),
  tenantKey: z.string().optional(),
});

/** What all workers can be asked at once. Whoever answers knows what the body is. */
export const question = z.object({ about: z.enum(['metrics', 'forget']), body: z.unknown() });
export type Question = z.infer<typeof question>;

/** What came of a question to all workers. */
export const gathered = z.object({
  answers: z.array(z.unknown()),
  /** How many gave no answer, or not in time. */
  missing: z.int(),
});
export type Gathered = z.infer<typeof gathered>;

/** A plugin token on its way. Moments are told as what is left until then, since each process has a clock of its own. */
export const tokenOnItsWay = z.object({
  token: z.string(),
  ageMs: z.number(),
  endsInMs: z.number(),
  renewInMs: z.number(),
});
export type TokenOnItsWay = z.infer<typeof tokenOnItsWay>;

/** `caller:` and a hash, at most. */
const identity = z.string().max(200);
const grantId = z.string().max(200);

/** What a worker asks its primary. */
export const workerAsks = z.discriminatedUnion('ask', [
  z.object({ ask: z.literal('reserve'), identity }),
  z.object({ ask: z.literal('token') }),
  z.object({ ask: z.literal('keep token'), life: tokenOnItsWay }),
  z.object({ ask: z.literal('lock'), forMs: z.number() }),
  z.object({ ask: z.literal('everybody'), question, timeoutMs: z.number() }),
]);
export type WorkerAsks = z.infer<typeof workerAsks>;

/** What a worker tells its primary. */
export const workerTells = z.discriminatedUnion('tell', [
  z.object({ tell: z.literal('here') }),
  z.object({ tell: z.literal('settle'), identity, id: grantId, arrivedBy: z.number() }),
  z.object({ tell: z.literal('give back'), identity, id: grantId }),
  z.object({ tell: z.literal('pause'), identity, retryAfterMs: z.number() }),
  z.object({ tell: z.literal('unlock'), lock: z.string() }),
]);
export type WorkerTells = z.infer<typeof workerTells>;

/** What the primary answers, by what it was asked. */
export const primaryAnswers = {
  reserve: z.object({
    id: grantId,
    now: z.number(),
    leaveAt: z.number(),
    inUse: z.int(),
    limit: z.number(),
    contenders: z.int(),
    pausedUntil: z.number(),
  }) satisfies z.ZodType<Grant>,
  token: tokenOnItsWay.nullable(),
  'keep token': z.null(),
  lock: z.string().nullable(),
  everybody: gathered,
} as const satisfies Record<WorkerAsks['ask'], z.ZodType>;

export type PrimaryAnswer<Ask extends WorkerAsks['ask']> = z.infer<(typeof primaryAnswers)[Ask]>;
