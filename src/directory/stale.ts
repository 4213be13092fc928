import type { GatewayError } from '../errors.ts';
import type { LookupResult } from './look-up.ts';

/** Stands for an answer that is not there in time. */
export const LATE = Symbol('late');

/** How long to wait for the user API where there is somebody to show in the meantime. */
const PATIENCE_MS = 1_000;
/** How often to look from then on. */
const LOOK_AGAIN_MS = 100;

/**
 * Trouble in which an old answer is better than none. Never after a refusal of credential or permission: access may have been
 * withdrawn.
 */
export const mayBeStale = ({ code }: GatewayError): boolean =>
  code === 'UPSTREAM_UNAVAILABLE' || code === 'UPSTREAM_TIMEOUT' || code === 'UPSTREAM_RATE_LIMITED';

/**
 * @param hasLeft whether the user API is being waited for, and not the gateway's own queue.
 * @returns the answer, or LATE where the user API has not given one after a second.
 */
export function orLate(answer: Promise<LookupResult>, hasLeft: () => boolean): Promise<LookupResult | typeof LATE> {
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
