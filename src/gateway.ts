import type { RequestListener } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import { createDirectory, type Directory } from './directory/directory.ts';
import { createForget, type ForgetEverywhere } from './directory/forget.ts';
import { PLUGIN_IDENTITY } from './directory/lookup.ts';
import { createGatewayHttp } from './gateway-http.ts';
import type { GatewayOptions } from './gateway-options.ts';
import type { Readiness } from './http/endpoints.ts';
import { createDocumentCache } from './http/limits/document-cache.ts';
import type { HttpHandler } from './http/refusal.ts';
import { checkOptions } from './options/check-options.ts';
import { monotonicClock } from './policies/clock.ts';
import { createRateLimiter, type RateLimiter } from './policies/rate-limiter.ts';
import { createSharedRateLimiter, type QuotaMode } from './policies/shared-rate-limiter.ts';
import { createRedisState, type RedisStateOptions } from './redis/redis-state.ts';
import { createSchema } from './schema/schema.ts';
import type { SharedState } from './shared-state.ts';
import { createEventLog, createFailureLog } from './telemetry/event-log.ts';
import { createEventBus } from './telemetry/events.ts';
import { createFaultLog, createLog, faultsToStandardError } from './telemetry/log.ts';
import { createMetrics, type GatewayState, type Metrics } from './telemetry/metrics.ts';
import { createTraces } from './telemetry/tracing.ts';
import { createUpstreamState } from './telemetry/upstream-state.ts';
import { documentedErrCodes } from './upstream/error-codes.ts';
import { warmUp } from './upstream/plugin-token.ts';
import { createUpstream } from './upstream/upstream.ts';

export interface Gateway {
  /**
   * Serves `/graphql`, `/forget`, `/health` and `/readiness`; the landing page `/` and `/schema.graphql`; `/metrics` with the option `metrics`.
   * For any runtime with the Fetch API.
   */
  fetch(request: Request): Promise<Response>;
  /** The same for Node: `http.createServer(gateway.requestListener)`. */
  readonly requestListener: RequestListener;
  readonly schema: GraphQLSchema;
  /** Lookups without GraphQL. */
  readonly directory: Directory;
  /** Removes a user from the caches of this gateway and of all that share state with it. */
  readonly forget: ForgetEverywhere;
  /** Prometheus metrics, with a handler that serves `/metrics` only; `undefined` unless the option `metrics` is set. */
  readonly metrics: GatewayMetrics | undefined;
  readiness(): Readiness;
  /**
   * Resolves with true once there is a plugin token, or at once where callers send their own; with false where the gateway was disposed
   * before.
   */
  readonly whenReady: Promise<boolean>;
  /** From here on `/readiness` responds "not ready"; requests are still answered. */
  beginShutdown(): void;
  /** From now on, requests whose connections close are logged as `TERMINATED` instead of `CLIENT_DISCONNECTED`: call it before closing them. */
  beginTermination(): void;
  /** Aborts calls in flight and closes all connections to the user API. */
  dispose(): Promise<void>;
}

export interface GatewayMetrics extends HttpHandler, Pick<Metrics, 'text' | 'contentType' | 'snapshot'> {}

const metricsOf = ({ text, contentType, snapshot }: Metrics, handler: HttpHandler): GatewayMetrics => ({
  text,
  contentType,
  snapshot,
  ...handler,
});

/**
 * Bounds file descriptors, should the vendor lift its rate limit. With a rate limit for each caller, calls of 100 ms could still leave at
 * 10,000 a second, the rate limit of more than 600 callers.
 */
const MAX_CONNECTIONS = 1_000;

/**
 * Wires the layers together. Two gateways share nothing but `given`, so a process can have several.
 * @param given state that this gateway shares with others, in place of `options.redis`. It is closed with the gateway.
 * @throws TypeError where options are missing or malformed, with all mistakes at once.
 */
export function createGateway(options: GatewayOptions, given?: SharedState): Gateway {
  checkOptions(options);
  const clock = options.clock ?? monotonicClock;
  const upstreamState = createUpstreamState();
  const log = createLog(options.log ?? faultsToStandardError);
  const traces = createTraces();
  const metrics = options.metrics
    ? createMetrics({ state: readState, errCodes: documentedErrCodes, gather: options.gatherMetrics })
    : undefined;
  const telemetry = createEventBus({
    subscribers: [metrics?.handlers ?? {}, upstreamState.handlers, createEventLog(log), createFailureLog(log, clock)],
    listener: options.telemetry,
    onError: createFaultLog(log, clock),
  });

  const { callsPerSecond = 15, timeoutMs = 3_000 } = options;
  const limits = { callsPerSecond, clock, telemetry };
  const shared = given ?? redisStateOf(options, limits);
  const isForCallers = options.identity === 'caller';
  // No more calls than this can be in flight within one rate limit.
  const maxInFlight = Math.ceil((callsPerSecond * timeoutMs) / 1_000) + 1;
  const upstream = createUpstream({
    // Bounds what a slow API can hold open. The rate limits are reached first.
    maxConnections: isForCallers ? MAX_CONNECTIONS : Math.min(MAX_CONNECTIONS, maxInFlight),
    ...options,
    tokenStore: shared?.tokenStore,
    clock,
    telemetry,
    traces,
  });
  const directory = createDirectory({
    queryUsers: upstream.queryUsers,
    rateLimiterOf: rateLimitersOf(shared, limits),
    sharedUsers: shared?.users,
    queueLimit: options.queueLimit,
    cache: options.cache,
    requestTimeoutMs: options.requestTimeoutMs,
    retry: { random: options.random, ...options.retry },
    breaker: options.breaker,
    clock,
    telemetry,
    traces,
  });
  const showsSchema = options.introspection ?? true;
  const schema = createSchema({
    showsSdl: options.subgraphSdl ?? showsSchema,
    trustsReferences: options.trustReferences,
  });

  const closing = new AbortController();
  const { pluginToken } = upstream;
  let canAsk = pluginToken === undefined;
  let isStopping = false;
  const whenReady = Promise.resolve(shared?.ready)
    .then(() => (pluginToken ? warmUp(pluginToken, closing.signal) : !closing.signal.aborted))
    .then((isWarm) => {
      canAsk = isWarm;
      return isWarm;
    });

  const readiness = () => ({
    isReady: canAsk && !isStopping,
    upstream: upstreamState.current(),
    shared: shared?.state?.(),
  });
  const documents = createDocumentCache();
  const forget = createForget({
    directory,
    channel: options.forgetChannel ?? shared?.forgetChannel,
    onForgotten: () => http.clearDocuments(),
  });
  const http = createGatewayHttp(options, {
    schema,
    directory,
    forget,
    documents,
    readiness,
    metrics,
    log,
    telemetry,
    traces,
    clock,
    limiter: shared?.limiter,
  });

  return {
    ...http.main,
    schema,
    directory,
    forget,
    metrics: metrics && http.metrics && metricsOf(metrics, http.metrics),
    readiness,
    whenReady,
    beginShutdown() {
      isStopping = true;
    },
    beginTermination: http.beginTermination,
    async dispose() {
      isStopping = true;
      closing.abort();
      directory.dispose();
      await http.dispose();
      metrics?.dispose();
      await upstream.close();
      await shared?.close();
    },
  };

  function readState(): GatewayState {
    return { ...directory.state(), tokenAgeMs: pluginToken?.ageMs(), shared: shared?.state?.() };
  }
}

type RateLimits = Pick<RedisStateOptions, 'callsPerSecond' | 'clock' | 'telemetry'>;

/** What the gateways with these options share through Redis; `undefined` without Redis. */
function redisStateOf(options: GatewayOptions, limits: RateLimits): SharedState | undefined {
  const { redis, baseUrl, tokenType = 'official', cache = {} } = options;
  if (!redis) return undefined;
  const { ttlMs = 60_000, staleMs = 3_600_000, negativeTtlMs = 5_000 } = cache;
  const isForPlugin = options.identity !== 'caller';
  const { pluginId, pluginSecret, userKey } = isForPlugin ? options : {};
  return createRedisState({
    ...redis,
    ...limits,
    deployment: { baseUrl, pluginId, tokenType, userKey },
    pluginSecret,
    // What a caller may see is cached in this process only.
    keepMs: isForPlugin && ttlMs > 0 ? ttlMs + staleMs : 0,
    negativeTtlMs,
    forgetKeptMs: ttlMs + staleMs,
  });
}

/** The rate limiter of each credential: of this process, or shared. */
function rateLimitersOf(shared: SharedState | undefined, limits: RateLimits): (identity: string) => RateLimiter {
  const { callsPerSecond, clock, telemetry } = limits;
  return (identity) => {
    if (!shared) return createRateLimiter({ callsPerSecond, clock });
    const onMode = (mode: QuotaMode) => {
      // Only of the plugin: callers come and go.
      if (identity === PLUGIN_IDENTITY) telemetry({ type: 'quota-mode', mode });
    };
    return createSharedRateLimiter({ store: shared.rateLimitStoreOf(identity), callsPerSecond, clock, onMode });
  };
}
