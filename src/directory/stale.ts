import { GatewayError } from '../errors.ts';
import type { LookupResult, Subject, Ticket } from './look-up.ts';
import type { Memory } from './memory.ts';
import type { Queue } from './queue.ts';

/** Stands for an answer that is not there in time. */
const LATE = Symbol('late');

/** How long to wait for the user API where there is somebody to show in the meantime. */
const PATIENCE_MS = 1_000;
/** How often to look from then on. */
const LOOK_AGAIN_MS = 100;

/**
 * Trouble in which an old answer is better than none. Never after a refusal of credential or permission: access may have been
 * withdrawn.
 */
const mayBeStale = ({ code }: GatewayError): boolean =>
  code === 'UPSTREAM_UNAVAILABLE' || code === 'UPSTREAM_TIMEOUT' || code === 'UPSTREAM_RATE_LIMITED';

/**
 * @param hasLeft whether the user API is being waited for, and not the gateway's own queue.
 * @returns the answer, or LATE where the user API has not given one after a second.
 */
function orLate(answer: Promise<LookupResult>, hasLeft: () => boolean): Promise<LookupResult | typeof LATE> {
  return new Promise((resolve, reject) => {
    let looks = 0;
    const timer = setInterval(() => {
      if (++looks * LOOK_AGAIN_MS < PATIENCE_MS || !hasLeft()) return;
      clearInterval(timer);
      resolve(LATE);
    }, LOOK_AGAIN_MS);
    answer.then(resolve, reject).finally(() => clearInterval(timer));
  });
}

/**
 * In trouble, people whose time is over are better than none; unless the request said that it wants fresh ones, or asks
 * with a token of its own: whether that still may see them, nobody can say.
 */
export function createStaleFallback(memory: Memory, queue: Queue) {
  return (subject: Subject, ticket: Ticket, onStale: () => void) =>
    async (id: string, answer: Promise<LookupResult>): Promise<LookupResult> => {
      if (ticket.wantsFresh || ticket.userToken || !memory.getStale(subject, id)) return answer;
      if (queue.isRefused(subject.identity)) return answer;
      const result = await orLate(answer, () => queue.hasLeft(subject, id));
      if (result !== LATE && !(result instanceof GatewayError && mayBeStale(result))) return result;
      // Once more: they may have been forgotten meanwhile.
      const stale = memory.getStale(subject, id);
      if (!stale) return answer;
      ticket.receipt.stale++;
      onStale();
      return stale;
    };
}
