import type { Context } from '@opentelemetry/api';
import type { Identified } from './callers/caller.ts';

/** What is known of a request before Yoga gets it. */
export interface Arrival {
  /** When it came, on the clock of the log. */
  readonly startedAt: number;
  /** What was active around it then, for its span. */
  readonly around: Context;
  readonly found: Identified;
}

/**
 * Requests that somebody has looked at before Yoga, by Node's object of them: it takes over what they found out. To find out who
 * asks a second time would fetch keys a second time, and those that cannot be fetched are waited for for seconds.
 */
export interface Arrivals {
  note(message: object, arrival: Arrival): void;
  /** @param serverContext what Yoga's server says a request came in. */
  find(serverContext: object): Arrival | undefined;
}

export function createArrivals(): Arrivals {
  const arrivals = new WeakMap<object, Arrival>();
  return {
    note: (message, arrival) => void arrivals.set(message, arrival),
    find(serverContext) {
      const { req } = serverContext as { readonly req?: object };
      return req && arrivals.get(req);
    },
  };
}
