import type { GatewayEvent, Telemetry } from './events.ts';
import type { Log } from './log.ts';

/** What belongs to every request is only for following a few of them. */
const LEVELS = {
  'look-ups': 'trace',
  answers: 'trace',
  batch: 'trace',
  shed: 'debug',
  'upstream-call': 'debug',
  'rows-dropped': 'debug',
  'token-renewal': 'debug',
  'caller-keys': 'debug',
  'redis-command': 'trace',
  'redis-state': 'debug',
  'quota-mode': 'debug',
} as const satisfies Record<Exclude<GatewayEvent['type'], 'request'>, 'trace' | 'debug'>;

/**
 * Writes down every event but requests, which have a line of their own. Their fields are figures, and pass the list of the log like
 * any other.
 */
export const createEventLog =
  (log: Log): Telemetry =>
  (event) => {
    if (event.type !== 'request') log(LEVELS[event.type], event.type, event);
  };
