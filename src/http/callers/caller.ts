import type { Context } from '@opentelemetry/api';
import type { GatewayError } from '../../errors.ts';

/** Who calls, as far as the gateway needs to know. */
export interface Caller {
  /** Identifies the caller in limits and logs: the name of an API key, or a hash of a token's issuer and subject. */
  readonly name: string;
  readonly mayReadEmail: boolean;
  /** May bypass the cache with `x-lookup-cache: refresh`. */
  readonly mayRefresh: boolean;
  /** May have users forgotten. */
  readonly mayForget: boolean;
  /** The tenants that may be named; `undefined` for any. */
  readonly tenantKeys?: ReadonlySet<string> | undefined;
}

/** Who calls, or why that is not known. A promise only where keys may have to be fetched. */
export type Identified = Caller | GatewayError | Promise<Caller | GatewayError>;

/** Any caller, where callers are not authenticated. */
export const ANONYMOUS: Caller = { name: 'anonymous', mayReadEmail: true, mayRefresh: true, mayForget: true };

/** The caller of a request that has passed authentication. */
export type CallerOf = (request: Request) => Caller;

/** What the fast path has found out about a request that it leaves to Yoga. */
interface Arrival {
  /** When it arrived, on the clock of the log. */
  readonly startedAt: number;
  /** The trace context in which it arrived. */
  readonly around: Context;
  readonly found: Identified;
}

/**
 * Requests that the fast path leaves to Yoga, by Node's object of them. To identify the caller a second time would fetch keys a second
 * time, which can take seconds where they cannot be fetched.
 */
export interface Arrivals {
  note(message: object, arrival: Arrival): void;
  /** @param serverContext of Yoga's server. */
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

/** @param host as in the header: a name or address, with or without a port. */
export function isLoopbackHost(host: string): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return name.endsWith('.localhost') || name === '[::1]' || isLoopbackAddress(name);
}

/** For addresses to listen on. */
export const isLoopbackAddress = (address: string): boolean =>
  address === 'localhost' || address === '::1' || /^127(\.\d{1,3}){3}$/.test(address);
