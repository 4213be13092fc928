import { type Clock, monotonicClock } from '../policies/clock.ts';
import { type Channel, createChannel } from './channel.ts';
import { createMetricsKeeper } from './metrics-keeper.ts';
import {
  type Gathered,
  type PrimaryAnswer,
  type Question,
  STATE_CHANNEL,
  type WorkerAsks,
  type WorkerTells,
  workerAsks,
  workerTells,
} from './protocol.ts';
import { createSchedules } from './schedules.ts';
import { createTokenKeeper } from './token-keeper.ts';
import type { Wire } from './wire.ts';

export interface PrimaryOptions {
  /** How many workers there are when all are well. */
  workers: number;
  /** Calls allowed in any one second with one credential, over all workers. */
  callsPerSecond: number;
  /** @default the process' monotonic clock */
  clock?: Clock | undefined;
}

/** Keeps what the workers have in common. */
export interface Primary {
  /**
   * Answers a worker from now on.
   * @param owner a name that no other worker has had.
   * @returns how to be done with it, when it is gone.
   */
  attach(owner: string, wire: Wire): () => void;
  /**
   * Asks all workers that are there. Never rejects. For metrics, what a worker has told last stands for one that does not answer,
   * and those that are gone go on being counted.
   * @param timeoutMs how long to wait for each.
   */
  askAll(question: Question, timeoutMs: number): Promise<Gathered>;
}

/** As many callers as one worker keeps at a time. */
const IDENTITIES_OF_A_WORKER = 1_000;

export function createPrimary({ workers, callsPerSecond, clock = monotonicClock }: PrimaryOptions): Primary {
  const schedules = createSchedules({ callsPerSecond, most: workers * IDENTITIES_OF_A_WORKER, clock });
  const token = createTokenKeeper(clock);
  /** Those that have said that they are there. */
  const present = new Map<string, Channel>();
  const metrics = createMetricsKeeper();

  return {
    attach(owner, wire) {
      const channel = createChannel(wire, STATE_CHANNEL, {
        onAsk: (body) => answer(owner, workerAsks.parse(body)),
        onTell(body) {
          const { data: told } = workerTells.safeParse(body);
          if (told?.tell === 'here') present.set(owner, channel);
          else if (told) take(told);
        },
      });
      return () => {
        present.delete(owner);
        channel.close();
        metrics.release(owner);
        // What it had reserved counts no more by itself: its calls may have left.
        token.release(owner);
      };
    },
    askAll,
  };

  async function askAll(question: Question, timeoutMs: number): Promise<Gathered> {
    const settled = await Promise.allSettled(
      Array.from(present, async ([owner, channel]) => {
        const told = await channel.ask(question, timeoutMs);
        if (question.about === 'metrics') metrics.keep(owner, told);
        return told;
      }),
    );
    const answers = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const missing = settled.length - answers.length;
    // Not what was told just now: who answered may be gone before the last one has.
    return { answers: question.about === 'metrics' ? metrics.all() : answers, missing };
  }

  function answer(owner: string, asked: WorkerAsks): PrimaryAnswer<WorkerAsks['ask']> | Promise<Gathered> {
    if (asked.ask === 'everybody') return askAll(asked.question, asked.timeoutMs);
    if (asked.ask === 'token') return token.read() ?? null;
    if (asked.ask === 'lock') return token.lock(owner, asked.forMs) ?? null;
    if (asked.ask === 'keep token') {
      token.write(asked.life);
      return null;
    }
    const schedule = schedules.keep(asked.identity);
    if (!schedule) throw new RangeError('Too many callers at a time.');
    return schedule.reserve(owner);
  }

  function take(told: Exclude<WorkerTells, { tell: 'here' }>): void {
    if (told.tell === 'settle') schedules.find(told.identity)?.confirm(told.id, told.arrivedBy);
    else if (told.tell === 'give back') schedules.find(told.identity)?.release(told.id);
    else if (told.tell === 'pause') schedules.keep(told.identity)?.penalise(told.retryAfterMs);
    else token.unlock(told.lock);
  }
}
