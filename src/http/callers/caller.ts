import type { GatewayError } from '../../errors.ts';

/** Who asks, as far as the gateway needs to know. */
export interface Caller {
  /** Tells callers apart, in limits and logs: the name of an API key, or a hash of a token's issuer and subject. */
  readonly name: string;
  readonly mayReadEmail: boolean;
  /** May ask for fresh people with `x-lookup-cache: refresh`. */
  readonly mayRefresh: boolean;
  /** May have people forgotten. */
  readonly mayForget: boolean;
  /** The tenants that may be named; `undefined` for any. */
  readonly tenantKeys?: ReadonlySet<string> | undefined;
}

/** Who asks, or why nobody is known to. A promise only where keys may have to be fetched. */
export type Identified = Caller | GatewayError | Promise<Caller | GatewayError>;

/** Everybody, where callers are not authenticated. */
export const ANYBODY: Caller = { name: 'anybody', mayReadEmail: true, mayRefresh: true, mayForget: true };

/** The caller of a request that has passed authentication. */
export type CallerOf = (request: Request) => Caller;
