import type { RequestListener } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import { createDirectory, type Directory } from './directory/directory.ts';
import { createGatewayHttp } from './gateway-http.ts';
import type { GatewayOptions } from './gateway-options.ts';
import type { HttpHandler } from './http/refusal.ts';
import type { Readiness } from './http/use-probes.ts';
import { monotonicClock } from './policies/clock.ts';
import { createQuota } from './policies/quota.ts';
import { createSchema } from './schema/schema.ts';
import { createEventLog } from './telemetry/event-log.ts';
import { noTelemetry, type Telemetry } from './telemetry/events.ts';
import { createFaultLog } from './telemetry/fault-log.ts';
import { createLog, faultsToStandardError } from './telemetry/log.ts';
import type { GatewayState } from './telemetry/metrics/state-metrics.ts';
import { createMetrics, type Metrics } from './telemetry/metrics.ts';
import { createTraces } from './telemetry/traces.ts';
import { createTroubleLog } from './telemetry/trouble-log.ts';
import { createUpstreamState } from './telemetry/upstream-state.ts';
import { readVersion } from './telemetry/version.ts';
import { documentedErrCodes } from './upstream/error-codes.ts';
import { createUpstream } from './upstream/upstream.ts';
import { warmUp } from './upstream/warm-up.ts';

export interface Gateway {
  /**
   * Serves one request: `/graphql`, `/health`, `/readiness`; `/` and `/schema.graphql` for people; `/metrics` where that is asked for.
   * For any runtime with the Fetch API.
   */
  fetch(request: Request): Promise<Response>;
  /** The same for Node: `http.createServer(gateway.requestListener)`. */
  readonly requestListener: RequestListener;
  readonly schema: GraphQLSchema;
  /** Look-ups without GraphQL. */
  readonly directory: Directory;
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

/** Wires the layers together. Nothing is shared between two gateways, so a process can hold several. */
export function createGateway(options: GatewayOptions): Gateway {
  const clock = options.clock ?? monotonicClock;
  const upstreamState = createUpstreamState();
  const log = createLog(options.log ?? faultsToStandardError);
  const traces = createTraces();
  const metrics = options.metrics
    ? createMetrics({ version: readVersion(), state: readState, errCodes: documentedErrCodes })
    : undefined;
  const listeners = [
    metrics?.observe ?? noTelemetry,
    upstreamState.observe,
    createEventLog(log),
    createTroubleLog(log, clock),
    options.telemetry ?? noTelemetry,
  ];
  const logFault = createFaultLog(log, clock);
  const telemetry: Telemetry = (event) => {
    for (const listen of listeners) {
      try {
        listen(event);
      } catch (fault) {
        // Of somebody else's listener, probably. No answer is worse for it.
        logFault(fault);
      }
    }
  };

  const { callsPerSecond = 15, timeoutMs = 3_000 } = options;
  const isForCallers = options.identity === 'caller';
  // More than this cannot be under way within one quota.
  const mostUnderWay = Math.ceil((callsPerSecond * timeoutMs) / 1_000) + 1;
  const upstream = createUpstream({
    // Bounds what a slow API can hold, and does not bind before the quotas do.
    maxConnections: isForCallers ? MOST_CONNECTIONS : Math.min(MOST_CONNECTIONS, mostUnderWay),
    ...options,
    clock,
    telemetry,
    traces,
  });
  const directory = createDirectory({
    queryUsers: upstream.queryUsers,
    quotaOf: () => createQuota({ callsPerSecond, clock }),
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
  const whenReady = (pluginToken ? warmUp(pluginToken, closing.signal) : Promise.resolve(true)).then((isWarm) => {
    canAsk = isWarm;
    return isWarm;
  });

  const readiness = () => ({ isReady: canAsk && !isStopping, upstream: upstreamState.current() });
  const http = createGatewayHttp(options, { schema, directory, readiness, metrics, log, telemetry, traces, clock });

  return {
    ...http.main,
    schema,
    directory,
    metrics: metrics && http.metrics && metricsOf(metrics, http.metrics),
    readiness,
    whenReady,
    beginShutdown() {
      isStopping = true;
    },
    async dispose() {
      isStopping = true;
      closing.abort();
      directory.dispose();
      await http.dispose();
      metrics?.dispose();
      await upstream.close();
    },
  };

  function readState(): GatewayState {
    return { ...directory.state(), tokenAgeMs: upstream.pluginToken?.ageMs() };
  }
}
