import { readFileSync } from 'node:fs';
import { Registry } from 'prom-client';
import { type ErrorCode, failures } from '../errors.ts';
import type { EventHandlers } from './events.ts';
import { createMeters, createProcessMetrics, type Meters, setOrRemove } from './prometheus.ts';

export interface MetricsOptions {
  /** Version of the gateway. @default that of its package */
  version?: string | undefined;
  /** Called at each scrape. */
  state(): GatewayState;
  /** The documented values of the user API's `err_code`. Others are counted as `other`. */
  errCodes: ReadonlySet<number>;
  /** Aggregates the metrics of several processes, in Prometheus' text format. @default those of this process */
  gather?: (() => Promise<string>) | undefined;
}

/** The metrics of one gateway, for Prometheus. No label holds text of a client or the user API. */
export interface Metrics {
  readonly handlers: EventHandlers;
  /** In Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
  /**
   * As JSON, for prom-client's `AggregatorRegistry.aggregate`, which aggregates those of several worker processes. Each gauge names
   * its aggregator.
   */
  snapshot(): Promise<object[]>;
  dispose(): void;
}

/** The current state of a gateway, over all credentials. */
export interface GatewayState {
  /** Lookups in the queue. */
  readonly lookupsQueued: number;
  /** Calls that count against the quota, of this and the last second. */
  readonly quotaInUse: number;
  /** Calls a second that the quota allows; reduced after the user API has rate-limited. */
  readonly quotaLimit: number;
  /** Credentials whose circuit breaker is open. */
  readonly breakersOpen: number;
  /** Credentials in use, each with a quota and circuit breaker of its own. */
  readonly identities: number;
  /** Users in the cache. */
  readonly cacheEntries: number;
  /** Age of the plugin token in milliseconds; `undefined` without one. */
  readonly tokenAgeMs: number | undefined;
  /** State of Redis; `undefined` without Redis. */
  readonly shared: { readonly isUp: boolean; readonly replicas: number | undefined } | undefined;
}

/** Has a registry of its own, so that a process can run several gateways. */
export function createMetrics({ version = readVersion(), state, errCodes, gather }: MetricsOptions): Metrics {
  const registry = new Registry();
  const meters = createMeters(registry);
  const handlers = {
    ...requestHandlers(meters),
    ...lookupHandlers(meters),
    ...upstreamHandlers(meters, errCodes),
    ...redisHandlers(meters),
  };
  const refreshState = createStateMetrics(meters, state);
  const processMetrics = createProcessMetrics(registry);
  meters
    .gauge('build_info', '1, labelled with the versions of the gateway and of Node.', 'max', [
      'version',
      'node_version',
    ])
    .set({ version, node_version: process.version }, 1);

  return {
    handlers,
    text() {
      if (gather) return gather();
      refresh();
      return registry.metrics();
    },
    contentType: registry.contentType,
    snapshot() {
      refresh();
      return registry.getMetricsAsJSON();
    },
    dispose() {
      processMetrics.dispose();
      registry.clear();
    },
  };

  function refresh(): void {
    refreshState();
    processMetrics.refresh();
  }
}

/** The gateway's own codes, those of graphql-js, and what the request log records if there is no error. */
const OUTCOMES: ReadonlySet<string> = new Set([
  ...Object.keys(failures),
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'OK',
  'CLIENT_DISCONNECTED',
  'TERMINATED',
]);

/** From a cache hit to the default deadline of a request. */
const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

function requestHandlers(meters: Meters): EventHandlers {
  const requests = meters.counter(
    'requests_total',
    'Requests by endpoint and outcome: the code of the first error, OK, CLIENT_DISCONNECTED, TERMINATED, HTTP_4xx, HTTP_5xx or other.',
    ['endpoint', 'outcome'],
  );
  // `increase` in Prometheus needs a value before the first internal error.
  requests.inc({ endpoint: 'graphql', outcome: 'INTERNAL_SERVER_ERROR' }, 0);
  const durations = meters.histogram(
    'request_duration_seconds',
    'Time from the arrival of a request until its response is ready, by endpoint.',
    REQUEST_SECONDS,
    ['endpoint'],
  );
  const fastPath = meters.counter('fast_path_requests_total', 'GraphQL requests answered by the fast path.');

  return {
    request({ endpoint, outcome, durationMs, usedFastPath }) {
      if (usedFastPath) fastPath.inc();
      requests.inc({ endpoint, outcome: boundedOutcome(outcome) });
      if (durationMs !== undefined) durations.observe({ endpoint }, durationMs / 1_000);
    },
  };
}

function boundedOutcome(outcome: string): string {
  if (OUTCOMES.has(outcome)) return outcome;
  return /^HTTP_[45]\d\d$/.test(outcome) ? `HTTP_${outcome[5]}xx` : 'other';
}

function lookupHandlers(meters: Meters): EventHandlers {
  const lookups = meters.counter(
    'lookups_total',
    'Identifiers looked up, by kind and outcome: found, not_found, stale, or the code of the error.',
    ['kind', 'outcome'],
  );
  const hits = meters.counter(
    'cache_hits_total',
    'Identifiers answered from the cache, by level: in this process (memory) or shared by replicas (redis).',
    ['level'],
  );
  hits.inc({ level: 'memory' }, 0);
  const misses = meters.counter('cache_misses_total', 'Identifiers that were neither cached nor in flight.');
  const coalesced = meters.counter(
    'lookups_coalesced_total',
    'Identifiers that joined a lookup in flight of another request.',
  );
  const shed = meters.counter(
    'lookups_shed_total',
    'Identifiers rejected without a call: queue full, wait too long, or rate-limited by the user API.',
  );
  const stale = meters.counter(
    'stale_served_total',
    'Identifiers answered with a stale user because the user API fails.',
  );

  return {
    lookups({ cacheHits, sharedHits, coalesced: joined, queued, shed: rejected }) {
      if (cacheHits > 0) hits.inc({ level: 'memory' }, cacheHits);
      if (sharedHits !== undefined) hits.inc({ level: 'redis' }, sharedHits);
      const missed = queued + rejected;
      if (missed > 0) misses.inc(missed);
      if (joined > 0) coalesced.inc(joined);
      if (rejected > 0) shed.inc(rejected);
    },
    shed: ({ lookups: rejected }) => shed.inc(rejected),
    'lookup-results'({ kind, found, notFound, stale: served, errors }) {
      if (found > 0) lookups.inc({ kind, outcome: 'found' }, found);
      if (notFound > 0) lookups.inc({ kind, outcome: 'not_found' }, notFound);
      if (served > 0) {
        lookups.inc({ kind, outcome: 'stale' }, served);
        stale.inc(served);
      }
      for (const code in errors) lookups.inc({ kind, outcome: code }, errors[code as ErrorCode]);
    },
  };
}

/** From a fast response to the default deadline of a request. */
const CALL_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10];
/** From no wait to the default deadline of a request. */
const WAIT_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const BATCH_SIZES = [1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 99, 100];

function upstreamHandlers(meters: Meters, errCodes: ReadonlySet<number>): EventHandlers {
  const calls = meters.counter(
    'upstream_calls_total',
    "Calls to the user API, by kind, outcome (answered, cancelled, or the code of the error) and the user API's err_code: empty without one, other if undocumented.",
    ['kind', 'outcome', 'err_code'],
  );
  const durations = meters.histogram(
    'upstream_call_duration_seconds',
    'Duration of calls to the user API, without the wait for the rate limit and with that for a token.',
    CALL_SECONDS,
    ['kind'],
  );
  const sizes = meters.histogram('batch_identifiers', 'Identifiers in one call to the user API.', BATCH_SIZES);
  const waits = meters.histogram(
    'rate_limit_wait_seconds',
    'Time the oldest lookup of a batch waited for the rate limit.',
    WAIT_SECONDS,
  );
  const refreshedAhead = meters.counter('refreshed_ahead_total', 'Hot users refreshed before they expired.');
  const dropped = meters.counter(
    'rows_dropped_total',
    'Rows of the user API that were discarded, by reason: malformed or unrequested.',
    ['reason'],
  );
  const renewals = meters.counter(
    'token_renewals_total',
    'Renewals of the plugin token, by outcome: renewed, or the code of the error.',
    ['outcome'],
  );
  const jwksFetches = meters.counter(
    'jwks_fetches_total',
    "Fetches of the JWKS that verifies callers' tokens: AUTHENTICATION_UNAVAILABLE if they failed, fetched for the first success after that.",
    ['outcome'],
  );

  return {
    'upstream-call'({ kind, outcome, errCode, durationMs }) {
      calls.inc({ kind, outcome, err_code: errCodeLabel(errCode) });
      durations.observe({ kind }, durationMs / 1_000);
    },
    batch(event) {
      sizes.observe(event.identifiers);
      waits.observe(event.waitedMs / 1_000);
      refreshedAhead.inc(event.refreshedAhead);
    },
    'rows-dropped'({ malformed, unrequested }) {
      dropped.inc({ reason: 'malformed' }, malformed);
      dropped.inc({ reason: 'unrequested' }, unrequested);
    },
    'token-renewal': ({ outcome }) => renewals.inc({ outcome }),
    'jwks-fetch': ({ outcome }) => jwksFetches.inc({ outcome }),
  };

  function errCodeLabel(errCode: number | undefined): string {
    if (errCode === undefined) return '';
    return errCodes.has(errCode) ? String(errCode) : 'other';
  }
}

/** Commands time out after some ten milliseconds. */
const COMMAND_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25];
const QUOTA_MODES = ['distributed', 'fallback', 'recovering'] as const;

/** Without Redis these have no values. */
function redisHandlers(meters: Meters): EventHandlers {
  const commands = meters.counter(
    'redis_commands_total',
    'Redis commands, by command and outcome: ok, timeout, failed, or skipped while Redis is down.',
    ['command', 'outcome'],
  );
  const durations = meters.histogram(
    'redis_command_duration_seconds',
    'Duration of Redis commands, by command; skipped ones not counted.',
    COMMAND_SECONDS,
    ['command'],
  );
  const quotaMode = meters.gauge(
    'quota_mode',
    '1 for the current mode of the quota, else 0: distributed in Redis, fallback to a share of it while Redis is down, or recovering.',
    'max',
    ['mode'],
  );

  return {
    'redis-command'({ command, outcome, durationMs }) {
      commands.inc({ command, outcome });
      if (outcome !== 'skipped') durations.observe({ command }, durationMs / 1_000);
    },
    'quota-mode'(event) {
      for (const mode of QUOTA_MODES) quotaMode.set({ mode }, mode === event.mode ? 1 : 0);
    },
  };
}

/** @returns reads the state into gauges. */
function createStateMetrics(meters: Meters, state: () => GatewayState): () => void {
  const queued = meters.gauge('lookups_queued', 'Lookups in the queue, waiting for the rate limit.', 'sum');
  const inUse = meters.gauge(
    'quota_in_use_calls',
    'Calls that count against the quota now, over all credentials.',
    'sum',
  );
  const limit = meters.gauge(
    'quota_limit_calls',
    'Calls a second that the quota allows, over all credentials in use; reduced after the user API has rate-limited.',
    'max',
  );
  const open = meters.gauge(
    'breakers_open',
    'Credentials whose circuit breaker is open. At most 1, except with LARK_IDENTITY=caller.',
    'sum',
  );
  const identities = meters.gauge(
    'identities',
    'Credentials in use, each with a quota and circuit breaker of its own. At most 1, except with LARK_IDENTITY=caller.',
    'sum',
  );
  const entries = meters.gauge('cache_entries', 'Users in the cache of this process.', 'sum');
  const tokenAge = meters.gauge('token_age_seconds', 'Age of the plugin token; no value without one.', 'max');
  const isUp = meters.gauge('redis_up', '1 while Redis is reachable, else 0; no value without REDIS_URL.', 'min');
  const replicas = meters.gauge('replicas', 'Gateways that share the quota in Redis, as this one sees them.', 'max');

  return () => {
    const now = state();
    queued.set(now.lookupsQueued);
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

function readVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
