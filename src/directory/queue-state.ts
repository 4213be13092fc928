import type { Identity } from './identities.ts';

/** How things are at this moment, over all credentials. */
export interface QueueState {
  /** Look-ups that wait for a call. */
  readonly lookUpsWaiting: number;
  /** Calls that count against the quota. */
  readonly quotaInUse: number;
  /** Calls that the quota allows in a second. */
  readonly quotaLimit: number;
  /** Credentials for which the user API is left alone. */
  readonly breakersOpen: number;
  /** Credentials that are kept. */
  readonly identities: number;
}

export function stateOf(lookUpsWaiting: number, identities: readonly Identity[]): QueueState {
  const usages = identities.map(({ dispatcher }) => dispatcher.quota.usage());
  return {
    lookUpsWaiting,
    quotaInUse: usages.reduce((sum, { inUse }) => sum + inUse, 0),
    quotaLimit: usages.reduce((sum, { limit }) => sum + limit, 0),
    breakersOpen: identities.filter(({ dispatcher }) => dispatcher.breaker.isOpen()).length,
    identities: identities.length,
  };
}
