import { failures } from '../../errors.ts';
import type { Telemetry } from '../events.ts';
import type { Meters } from './meters.ts';

/** The gateway's own code, graphql-js' and what the request log says in place of one. */
const OUTCOMES: ReadonlySet<string> = new Set([
  ...Object.keys(failures),
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'OK',
  'HUNG_UP',
  'CUT',
]);

/** From an answer out of memory to the usual deadline. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Requests to the gateway. */
export function createRequestMetrics(meters: Meters): Telemetry {
  const requests = meters.counter(
    'requests_total',
    'Requests, by endpoint, and by the code of their first error, OK, HUNG_UP, CUT, HTTP_4xx, HTTP_5xx or other.',
    ['endpoint', 'outcome'],
  );
  // Prometheus sees a first fault only where there has been none before.
  requests.inc({ endpoint: 'graphql', outcome: 'INTERNAL_SERVER_ERROR' }, 0);
  const durations = meters.histogram(
    'request_duration_seconds',
    'From the arrival of a request until its answer is ready, by endpoint.',
    SECONDS,
    ['endpoint'],
  );

  const fastPath = meters.counter(
    'fast_path_requests_total',
    'Requests for GraphQL that were answered by the fast path.',
  );

  return (event) => {
    if (event.type !== 'request') return;
    const { endpoint, outcome, durationMs, usedFastPath } = event;
    if (usedFastPath) fastPath.inc();
    requests.inc({ endpoint, outcome: boundedOutcome(outcome) });
    if (durationMs !== undefined) durations.observe({ endpoint }, durationMs / 1_000);
  };
}

function boundedOutcome(outcome: string): string {
  if (OUTCOMES.has(outcome)) return outcome;
  return /^HTTP_[45]\d\d$/.test(outcome) ? `HTTP_${outcome[5]}xx` : 'other';
}
