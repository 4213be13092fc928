import type { GatewayEvent, Telemetry } from './events.ts';
import type { Log } from './log.ts';

/** What an operator should know of, or mend. */
const TROUBLES = {
  token: ['warn', 'The user API does not renew the token.', 'The token is renewed again.'],
  credential: ['warn', 'The user API refuses the token.', 'The user API takes the token again.'],
  permission: ['warn', 'The user API lacks a permission or setting of the plugin.', 'The user API allows calls again.'],
  quota: ['warn', 'The user API says "too many calls".', 'The user API has quota again.'],
  outage: ['warn', 'Calls to the user API fail.', 'Calls to the user API succeed again.'],
  proxy: [
    'warn',
    'The proxy towards the user API cannot be reached, or opens no tunnel. Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.',
    'The proxy towards the user API opens tunnels again.',
  ],
  keys: [
    'warn',
    'The keys that tokens are checked with cannot be fetched. Check JWT_JWKS_URL, and that this machine reaches it.',
    'The keys that tokens are checked with are fetched again.',
  ],
  redis: [
    'warn',
    'Redis cannot be reached, or does not take anything. Quota, people and limits are kept without it.',
    'Redis is used again.',
  ],
  mistake: ['error', 'The user API says that the gateway called it wrongly.', 'The user API takes the calls again.'],
} as const satisfies Record<string, readonly ['warn' | 'error', begins: string, ends: string]>;
type Trouble = keyof typeof TROUBLES;

/** Events that tell how something went. */
type Telling = Extract<GatewayEvent, { type: 'upstream-call' | 'token-renewal' | 'caller-keys' | 'redis-state' }>;

const BY_OUTCOME: Readonly<Partial<Record<string, Trouble>>> = {
  UPSTREAM_UNAUTHENTICATED: 'credential',
  UPSTREAM_FORBIDDEN: 'permission',
  UPSTREAM_RATE_LIMITED: 'quota',
  UPSTREAM_UNAVAILABLE: 'outage',
  UPSTREAM_TIMEOUT: 'outage',
  UPSTREAM_BAD_RESPONSE: 'outage',
};

/** More than 100 identifiers, none, and one call sent twice: no client can bring these about. */
const OUR_MISTAKES: ReadonlySet<number> = new Set([20004, 20005, 10430]);

/** Told of rarely: the first good news is the end of such a trouble. */
const ENDS_AT_ONCE: ReadonlySet<Trouble> = new Set(['token', 'keys', 'redis']);
/** So long without a failure, and calls that come and go have settled. */
const QUIET_MS = 5_000;
/** A trouble that lasts is told again. */
const REMINDER_MS = 60_000;

/**
 * Says when a trouble begins, goes on and is over; not once for each of the many calls that fail in between.
 * @param clock milliseconds on a clock that never jumps.
 */
export function createTroubleLog(log: Log, clock: () => number): Telemetry {
  const lasting = new Map<Trouble, { since: number; failures: number; latestAt: number; toldAt: number }>();

  return (event) => {
    if (!isTelling(event)) return;
    const trouble = troubleOf(event);
    if (trouble) note(trouble, event);
    else if (event.type === 'redis-state') end('redis');
    else if (event.outcome === 'renewed') for (const over of ['token', 'proxy'] as const) end(over);
    else if (event.outcome === 'fetched') end('keys');
    else if (event.outcome === 'answered') for (const other of lasting.keys()) endIfQuiet(other);
  };

  function note(trouble: Trouble, event: Telling): void {
    const now = clock();
    const state = lasting.get(trouble) ?? { since: now, failures: 0, latestAt: now, toldAt: Number.NEGATIVE_INFINITY };
    lasting.set(trouble, state);
    state.failures++;
    state.latestAt = now;
    if (now - state.toldAt < REMINDER_MS) return;
    state.toldAt = now;
    const { errCode, logId } = event.type === 'upstream-call' ? event : {};
    const { status } = event.type === 'caller-keys' ? event : {};
    const [level, begins] = TROUBLES[trouble];
    log(level, begins, {
      outcome: 'outcome' in event ? event.outcome : undefined,
      errCode,
      logId,
      status,
      failures: state.failures,
      durationMs: now - state.since,
    });
  }

  function endIfQuiet(trouble: Trouble): void {
    const state = lasting.get(trouble);
    if (!ENDS_AT_ONCE.has(trouble) && state && clock() - state.latestAt >= QUIET_MS) end(trouble);
  }

  function end(trouble: Trouble): void {
    const state = lasting.get(trouble);
    if (!state) return;
    lasting.delete(trouble);
    log('info', TROUBLES[trouble][2], { failures: state.failures, durationMs: clock() - state.since });
  }
}

const TELLING: ReadonlySet<GatewayEvent['type']> = new Set([
  'upstream-call',
  'token-renewal',
  'caller-keys',
  'redis-state',
]);

function isTelling(event: GatewayEvent): event is Telling {
  return TELLING.has(event.type);
}

function troubleOf(event: Telling): Trouble | undefined {
  if (event.type === 'redis-state') return event.isUp ? undefined : 'redis';
  if (event.type === 'caller-keys') return event.outcome === 'fetched' ? undefined : 'keys';
  if (event.isProxy) return 'proxy';
  if (event.type === 'token-renewal') return event.outcome === 'renewed' ? undefined : 'token';
  if (event.errCode !== undefined && OUR_MISTAKES.has(event.errCode)) return 'mistake';
  return BY_OUTCOME[event.outcome];
}
