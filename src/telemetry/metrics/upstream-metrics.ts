import type { Telemetry } from '../events.ts';
import type { Meters } from './meters.ts';

/** From a fast answer to the usual deadline. */
const CALL_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10];
/** From "at once" over the pace of a busy gateway to the deadline of a request. */
const WAIT_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const BATCH_SIZES = [1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 99, 100];

/** Batches, calls to the user API, and what is needed for them. @param errCodes of the user API that are known. */
export function createUpstreamMetrics(meters: Meters, errCodes: ReadonlySet<number>): Telemetry {
  const calls = meters.counter(
    'upstream_calls_total',
    "Calls to the user API, by kind, by outcome (answered, cancelled, or the code of the error), and by the user API's err_code: empty without one, other for one that is not documented.",
    ['kind', 'outcome', 'err_code'],
  );
  const durations = meters.histogram(
    'upstream_call_duration_seconds',
    'From the slot of a call until it has ended, its token included.',
    CALL_SECONDS,
    ['kind'],
  );
  const sizes = meters.histogram('batch_identifiers', 'Identifiers in one call to the user API.', BATCH_SIZES);
  const waits = meters.histogram(
    'slot_wait_seconds',
    'How long the oldest look-up of a batch has waited for a slot of the quota.',
    WAIT_SECONDS,
  );
  const refreshedAhead = meters.counter(
    'refreshed_ahead_total',
    'Popular people asked for before their time in memory is over.',
  );
  const dropped = meters.counter(
    'rows_dropped_total',
    'Rows of the user API that could not be used: malformed, or of people nobody asked for (unasked).',
    ['reason'],
  );
  const renewals = meters.counter(
    'token_renewals_total',
    'Tokens of the plugin asked for, by outcome: renewed, or the code of the error.',
    ['outcome'],
  );
  const callerKeys = meters.counter(
    'caller_keys_fetches_total',
    'The keys that tokens of callers are checked with: AUTHENTICATION_UNAVAILABLE where they could not be fetched, and fetched after that.',
    ['outcome'],
  );

  return (event) => {
    if (event.type === 'upstream-call') {
      const { kind, outcome, errCode } = event;
      calls.inc({ kind, outcome, err_code: labelOf(errCode) });
      durations.observe({ kind }, event.durationMs / 1_000);
    } else if (event.type === 'batch') {
      sizes.observe(event.identifiers);
      waits.observe(event.waitedMs / 1_000);
      refreshedAhead.inc(event.refreshedAhead);
    } else if (event.type === 'rows-dropped') {
      dropped.inc({ reason: 'malformed' }, event.malformed);
      dropped.inc({ reason: 'unasked' }, event.unasked);
    } else if (event.type === 'token-renewal') {
      renewals.inc({ outcome: event.outcome });
    } else if (event.type === 'caller-keys') {
      callerKeys.inc({ outcome: event.outcome });
    }
  };

  function labelOf(errCode: number | undefined): string {
    if (errCode === undefined) return '';
    return errCodes.has(errCode) ? String(errCode) : 'other';
  }
}
