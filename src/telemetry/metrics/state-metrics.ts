import { type Meters, setOrRemove } from './meters.ts';

/** How things are at this moment, over all credentials. */
export interface GatewayState {
  /** Look-ups that wait for a call. */
  readonly lookupsQueued: number;
  /** Calls that count against the quota, of this and the last second. */
  readonly quotaInUse: number;
  /** Calls that the quota allows in a second; fewer for a while after "too many calls". */
  readonly quotaLimit: number;
  /** Credentials for which the user API is left alone, after many failures in a row. */
  readonly breakersOpen: number;
  /** Credentials that are kept, each with a quota and breaker of its own. */
  readonly identities: number;
  /** People in memory. */
  readonly cacheEntries: number;
  /** How old the token of the plugin is, in milliseconds; `undefined` where there is none. */
  readonly tokenAgeMs: number | undefined;
  /** What is shared with other gateways; `undefined` without Redis. */
  readonly shared: { readonly isUp: boolean; readonly replicas: number | undefined } | undefined;
}

/** @returns reads how things are, at each scrape. */
export function createStateMetrics(meters: Meters, state: () => GatewayState): () => void {
  const waiting = meters.gauge('look_ups_waiting', 'Look-ups that wait for a slot of the quota.', 'sum');
  const inUse = meters.gauge(
    'quota_in_use_calls',
    'Calls that count against the quota at this moment, over all credentials.',
    'sum',
  );
  const limit = meters.gauge(
    'quota_limit_calls',
    'Calls that the quota allows in a second, over all credentials in use; fewer for a while after "too many calls".',
    'max',
  );
  const open = meters.gauge(
    'breakers_open',
    'Credentials for which the user API is left alone, after many failures in a row. At most 1, but with LARK_IDENTITY=caller.',
    'sum',
  );
  const identities = meters.gauge(
    'identities',
    'Credentials in use, each with a quota and breaker of its own. At most 1, but with LARK_IDENTITY=caller.',
    'sum',
  );
  const entries = meters.gauge('cache_entries', 'People in the memory of this process.', 'sum');
  const tokenAge = meters.gauge('token_age_seconds', 'Age of the token of the plugin; no value without one.', 'max');
  const isUp = meters.gauge('redis_up', '1 while Redis answers, else 0; no value without REDIS_URL.', 'min');
  const replicas = meters.gauge('replicas', 'Gateways that share one quota in Redis, as far as this one knows.', 'max');

  return () => {
    const now = state();
    waiting.set(now.lookupsQueued);
    inUse.set(now.quotaInUse);
    limit.set(now.quotaLimit);
    open.set(now.breakersOpen);
    identities.set(now.identities);
    entries.set(now.cacheEntries);
    setOrRemove(tokenAge, now.tokenAgeMs === undefined ? undefined : now.tokenAgeMs / 1_000);
    setOrRemove(isUp, now.shared && Number(now.shared.isUp));
    setOrRemove(replicas, now.shared?.replicas);
  };
}
