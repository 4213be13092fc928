import type { EventHandlers, EventOf, EventType, GatewayEvent } from './events.ts';
import type { Log, LogFields } from './log.ts';

/** Events of every request are at `trace`. `request` itself has its own line, see the request log. */
const EVENT_LEVELS = {
  lookups: 'trace',
  'lookup-results': 'trace',
  batch: 'trace',
  shed: 'debug',
  'upstream-call': 'debug',
  'rows-dropped': 'debug',
  'token-renewal': 'debug',
  'jwks-fetch': 'debug',
  'redis-command': 'trace',
  'redis-state': 'debug',
  'quota-mode': 'debug',
} as const satisfies Record<Exclude<EventType, 'request'>, 'trace' | 'debug'>;

/** Logs events with their figures. Subscribes only to those whose level is enabled. */
export function createEventLog(log: Log): EventHandlers {
  const enabled = Object.entries(EVENT_LEVELS).filter(([, level]) => log.isLevelEnabled(level));
  return Object.fromEntries(enabled.map(([type, level]) => [type, (event: GatewayEvent) => log(level, type, event)]));
}

/** Failures that an operator should know of: the lines at their start and at their end. */
const FAILURES = {
  token: ['warn', 'The plugin token cannot be renewed.', 'The plugin token is renewed again.'],
  credential: ['warn', 'The user API rejects the token.', 'The user API accepts the token again.'],
  permission: ['warn', 'The plugin lacks a permission or setting.', 'The user API allows calls again.'],
  quota: ['warn', 'The user API rate-limits calls.', 'The user API does not rate-limit calls any more.'],
  outage: ['warn', 'Calls to the user API fail.', 'Calls to the user API succeed again.'],
  proxy: [
    'warn',
    'The proxy to the user API is unreachable or opens no tunnel. Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.',
    'The proxy to the user API opens tunnels again.',
  ],
  jwks: [
    'warn',
    'The JWKS cannot be fetched. Check JWT_JWKS_URL and that this machine reaches it.',
    'The JWKS is fetched again.',
  ],
  redis: [
    'warn',
    'Redis is unavailable or rejects commands. The gateway continues without it.',
    'Redis is available again.',
  ],
  malformedCall: ['error', 'The user API rejects a malformed call.', 'The user API accepts calls again.'],
} as const satisfies Record<string, readonly ['warn' | 'error', start: string, end: string]>;
type Failure = keyof typeof FAILURES;

const BY_OUTCOME: Readonly<Partial<Record<string, Failure>>> = {
  UPSTREAM_UNAUTHENTICATED: 'credential',
  UPSTREAM_FORBIDDEN: 'permission',
  UPSTREAM_RATE_LIMITED: 'quota',
  UPSTREAM_UNAVAILABLE: 'outage',
  UPSTREAM_TIMEOUT: 'outage',
  UPSTREAM_BAD_RESPONSE: 'outage',
};

/** More than 100 identifiers, none, and a call sent twice: bugs of the gateway that no client can cause. */
const MALFORMED_CALLS: ReadonlySet<number> = new Set([20004, 20005, 10430]);

/** They have events of their own: the first success ends them. The others end when calls have succeeded for a while. */
const ENDED_BY_OWN_EVENT: ReadonlySet<Failure> = new Set(['token', 'jwks', 'redis']);
/** Calls that alternately fail and succeed are one failure. */
const QUIET_MS = 5_000;
/** A failure that lasts is logged again. */
const REPEAT_MS = 60_000;

/**
 * Logs when a failure starts, lasts and ends, instead of a line for each call.
 * @param clock milliseconds on a monotonic clock.
 */
export function createFailureLog(log: Log, clock: () => number): EventHandlers {
  const active = new Map<Failure, { since: number; failures: number; latestAt: number; loggedAt: number }>();

  return {
    'upstream-call'(event) {
      const failure = failureOf(event);
      const { outcome, errCode, logId } = event;
      if (failure) record(failure, { outcome, errCode, logId });
      else if (outcome === 'answered') for (const other of active.keys()) endIfQuiet(other);
    },
    'token-renewal'({ outcome, isProxy }) {
      if (outcome !== 'renewed') return record(isProxy ? 'proxy' : 'token', { outcome });
      end('token');
      end('proxy');
    },
    'jwks-fetch'({ outcome, status }) {
      if (outcome === 'fetched') end('jwks');
      else record('jwks', { outcome, status });
    },
    'redis-state'({ isUp, outcome }) {
      if (isUp) end('redis');
      else record('redis', { outcome });
    },
  };

  function record(failure: Failure, details: LogFields): void {
    const now = clock();
    const state = active.get(failure) ?? { since: now, failures: 0, latestAt: now, loggedAt: Number.NEGATIVE_INFINITY };
    active.set(failure, state);
    state.failures++;
    state.latestAt = now;
    if (now - state.loggedAt < REPEAT_MS) return;
    state.loggedAt = now;
    const [level, message] = FAILURES[failure];
    log(level, message, { ...details, failures: state.failures, durationMs: now - state.since });
  }

  function endIfQuiet(failure: Failure): void {
    const state = active.get(failure);
    if (!ENDED_BY_OWN_EVENT.has(failure) && state && clock() - state.latestAt >= QUIET_MS) end(failure);
  }

  function end(failure: Failure): void {
    const state = active.get(failure);
    if (!state) return;
    active.delete(failure);
    log('info', FAILURES[failure][2], { failures: state.failures, durationMs: clock() - state.since });
  }
}

function failureOf({ isProxy, errCode, outcome }: EventOf<'upstream-call'>): Failure | undefined {
  if (isProxy) return 'proxy';
  if (errCode !== undefined && MALFORMED_CALLS.has(errCode)) return 'malformedCall';
  return BY_OUTCOME[outcome];
}
