import type { RequestListener } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import { createDirectory, type Directory } from './directory/directory.ts';
import { createForget, type ForgetEverywhere } from './directory/forget.ts';
import { createGatewayHttp } from './gateway-http.ts';
import type { GatewayOptions } from './gateway-options.ts';
import type { Readiness } from './http/endpoints.ts';
import { createDocumentCache } from './http/limits/document-cache.ts';
import type { HttpHandler } from './http/refusal.ts';
import { checkOptions } from './options/check-options.ts';
import { monotonicClock } from './policies/clock.ts';
import { quotasOf } from './quotas-of.ts';
import { redisStateOf } from './redis-state-of.ts';
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
   * Serves one request: `/graphql`, `/forget`, `/health`, `/readiness`; `/` and `/schema.graphql` for people; `/metrics` where that is asked for.
   * For any runtime with the Fetch API.
   */
  fetch(request: Request): Promise<Response>;
  /** The same for Node: `http.createServer(gateway.requestListener)`. */
  readonly requestListener: RequestListener;
  readonly schema: GraphQLSchema;
  /** Look-ups without GraphQL. */
  readonly directory: Directory;
  /** Forgets a person here and in all gateways that share something with this one. */
  readonly forget: ForgetEverywhere;
  /** The figures for Prometheus, with a handler that serves `/metrics` only; `undefined` unless the option `metrics` is set. */
  readonly metrics: GatewayMetrics | undefined;
  readiness(): Readiness;
  /**
   * Resolves with true once the first token is there, or at once where callers bring their own; with false where the gateway was
   * disposed before.
   */
  readonly whenReady: Promise<boolean>;
  /** From here on `/readiness` says "not ready"; requests are still answered. */
  beginShutdown(): void;
  /** From now on, requests whose connections close are logged as `TERMINATED` instead of `CLIENT_DISCONNECTED`: call it before closing them. */
  beginTermination(): void;
  /** Ends calls under way and closes all connections to the user API. */
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
 * File descriptors are not endless, should the quota be lifted. With a quota for each caller this is the bound: calls of 100 ms
 * could still leave at 10,000 a second, the whole quota of more than 600 callers.
 */
const MOST_CONNECTIONS = 1_000;

/**
 * Wires the layers together. Two gateways have nothing in common but what `given` holds, so a process can hold several.
 * @param given what this gateway has in common with others, in place of what `options.redis` would. It is closed with the gateway.
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
  const shared = given ?? redisStateOf(options, { callsPerSecond, clock, telemetry });
  const isForCallers = options.identity === 'caller';
  // More than this cannot be under way within one quota.
  const mostUnderWay = Math.ceil((callsPerSecond * timeoutMs) / 1_000) + 1;
  const upstream = createUpstream({
    // Bounds what a slow API can hold, and does not bind before the quotas do.
    maxConnections: isForCallers ? MOST_CONNECTIONS : Math.min(MOST_CONNECTIONS, mostUnderWay),
    ...options,
    tokenStore: shared?.tokenStore,
    clock,
    telemetry,
    traces,
  });
  const directory = createDirectory({
    queryUsers: upstream.queryUsers,
    quotaOf: quotasOf(shared, { callsPerSecond, clock, telemetry }),
    sharedUsers: shared?.people,
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
  // Clients may have written what somebody goes by into their documents.
  const documents = createDocumentCache();
  const forget = createForget({
    directory,
    channel: options.forgetChannel ?? shared?.forgetChannel,
    onForgotten: () => documents.clear(),
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
