import { z } from 'zod';
import { loadRateLimiters } from '../policies/caller-limiter.ts';
import { type Clock, monotonicClock } from '../policies/clock.ts';
import { createRateLimitStore } from '../policies/rate-limit-store.ts';
import type { SharedState } from '../shared-state.ts';
import type { TokenStore } from '../upstream/plugin-token.ts';
import { createChannel } from './channel.ts';
import { createInsuredLimiter } from './insured-limiter.ts';
import {
  ANSWER_WITHIN_MS,
  FORGET_WITHIN_MS,
  type Gathered,
  type PrimaryAnswer,
  personName,
  primaryAnswers,
  type Question,
  question,
  STATE_CHANNEL,
  type WorkerAsks,
  type WorkerTells,
} from './protocol.ts';
import type { Wire } from './wire.ts';

export interface WorkerStateOptions {
  /** To the primary. */
  wire: Wire;
  /** How many workers there are when all are well. */
  workers: number;
  /** @default the process' monotonic clock */
  clock?: Clock | undefined;
}

/** What a worker has in common with the others, kept by the primary. */
export interface WorkerState extends SharedState {
  readonly tokenStore: TokenStore;
  /** Asks all workers, this one included. @throws Error where the primary does not answer. */
  askAll(question: Question, timeoutMs: number): Promise<Gathered>;
  /** How this worker answers such a question. */
  onQuestion(about: Question['about'], answer: (body: unknown) => unknown): void;
}

export function createWorkerState({ wire, workers, clock = monotonicClock }: WorkerStateOptions): WorkerState {
  const answers = new Map<Question['about'], (body: unknown) => unknown>();
  const channel = createChannel(wire, STATE_CHANNEL, {
    onAsk(asked) {
      const { about, body } = question.parse(asked);
      const answer = answers.get(about);
      if (!answer) throw new TypeError('Nobody answers this question.');
      return answer(body);
    },
    onTell() {},
  });
  tell({ tell: 'here' });

  return {
    rateLimitStoreOf: (identity) =>
      createRateLimitStore(
        {
          reserve: () => ask({ ask: 'reserve', identity }),
          confirm: (id, arrivedBy) => tell({ tell: 'settle', identity, id, arrivedBy }),
          release: (id) => tell({ tell: 'give back', identity, id }),
          penalise: (retryAfterMs) => tell({ tell: 'pause', identity, retryAfterMs }),
          // A worker without its primary ends.
          reachableSince: () => Number.NEGATIVE_INFINITY,
          replicas: () => workers,
        },
        clock,
      ),
    tokenStore: {
      async read() {
        const askedAt = clock();
        const kept = await ask({ ask: 'token' });
        // From before it was asked for: rather too early than too late.
        return kept
          ? {
              token: kept.token,
              startedAt: askedAt - kept.ageMs,
              endsAt: askedAt + kept.endsInMs,
              renewAt: askedAt + kept.renewInMs,
            }
          : undefined;
      },
      async write({ token, startedAt, endsAt, renewAt }) {
        const now = clock();
        await ask({
          ask: 'keep token',
          life: { token, ageMs: now - startedAt, endsInMs: endsAt - now, renewInMs: renewAt - now },
        });
      },
      async lock(forMs) {
        const lock = await ask({ ask: 'lock', forMs });
        return lock === null ? undefined : async () => tell({ tell: 'unlock', lock });
      },
    },
    limiter(points, windowSeconds) {
      const { RateLimiterCluster, RateLimiterMemory, RateLimiterRes } = loadRateLimiters();
      const counted = { points, duration: windowSeconds };
      return createInsuredLimiter(
        new RateLimiterCluster({ ...counted, keyPrefix: 'identifiers', timeoutMs: ANSWER_WITHIN_MS }),
        new RateLimiterMemory(counted),
        (error) => error instanceof RateLimiterRes,
      );
    },
    forgetChannel: {
      async publish(names) {
        const { answers: done, missing } = await askAll({ about: 'forget', body: names }, FORGET_WITHIN_MS);
        if (missing > 0) throw new Error('Not all workers have said that they forgot.');
        // This one was asked as well.
        return { replicas: Math.max(0, done.length - 1) };
      },
      listen(onForget) {
        answers.set('forget', (body) => {
          onForget(z.array(personName).parse(body));
          return null;
        });
      },
    },
    askAll,
    onQuestion: (about, answer) => void answers.set(about, answer),
    close: async () => channel.close(),
  };

  function askAll(asked: Question, timeoutMs: number): Promise<Gathered> {
    return ask({ ask: 'everybody', question: asked, timeoutMs }, timeoutMs + ANSWER_WITHIN_MS);
  }

  async function ask<Ask extends WorkerAsks>(
    asked: Ask,
    timeoutMs = ANSWER_WITHIN_MS,
  ): Promise<PrimaryAnswer<Ask['ask']>> {
    const schema = primaryAnswers[asked.ask];
    return schema.parse(await channel.ask(asked, timeoutMs)) as PrimaryAnswer<Ask['ask']>;
  }

  function tell(told: WorkerTells): void {
    channel.tell(told);
  }
}
