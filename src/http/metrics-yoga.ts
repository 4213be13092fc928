import type { Plugin } from 'graphql-yoga';
import { GatewayError } from '../errors.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Authentication } from './callers/authentication.ts';
import { useAuthentication } from './callers/authentication.ts';
import type { Arrivals } from './callers/caller.ts';
import { NO_HEALTH_CHECK } from './endpoints.ts';
import { maskError } from './masking.ts';
import { refusalResponse, useRefusalTypes } from './refusal.ts';
import { useResponseHeaders } from './response-headers.ts';
import { useMetrics } from './use-metrics.ts';
import type { YogaRequestLog } from './use-request-log.ts';
import type { GatewayYoga } from './yoga.ts';
import { createYoga } from './yoga-library.ts';

export interface MetricsYogaOptions {
  metrics: Pick<Metrics, 'text' | 'contentType'>;
  authentication: Authentication;
  arrivals: Pick<Arrivals, 'find'>;
  requestLog: YogaRequestLog;
}

/** Serves `/metrics` alone, for METRICS_PORT, with the authentication, errors and log of the main port. */
export function createMetricsYoga({ metrics, authentication, arrivals, requestLog }: MetricsYogaOptions): GatewayYoga {
  const silent = () => {};
  return createYoga({
    graphiql: false,
    landingPage: false,
    multipart: false,
    healthCheckEndpoint: NO_HEALTH_CHECK,
    // No page may read it: each preflight is a 204 without CORS headers.
    cors: () => false,
    maskedErrors: { maskError },
    logging: { debug: silent, info: silent, warn: silent, error: requestLog.logFault },
    plugins: [
      requestLog.plugin,
      useRefusalTypes(),
      useResponseHeaders({ variesByOrigin: false }),
      useAuthentication(authentication, arrivals),
      useMetrics(metrics, requestLog.logFault),
      useNothingElse(),
    ],
  });
}

function useNothingElse(): Plugin {
  return {
    onRequest({ endResponse }) {
      endResponse(
        refusalResponse(new GatewayError('NOT_FOUND', 'There is nothing at this address. Metrics are at /metrics.')),
      );
    },
  };
}
