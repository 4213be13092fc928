import type { GatewayEvent, Telemetry } from './events.ts';
import type { Log } from './log.ts';

/** What belongs to every request is only for following a few of them. */
const LEVELS = {
  'look-ups': 'trace',
  batch: 'trace',
  shed: 'debug',
  'upstream-call': 'debug',
  'rows-dropped': 'debug',
  'token-renewal': 'debug',
  'caller-keys': 'debug',
  'redis-command': 'trace',
  'redis-state': 'debug',
  'quota-mode': 'debug',
} as const satisfies Record<GatewayEvent['type'], 'trace' | 'debug'>;

/** Writes down every event. Its fields are figures, and pass the list of the log like any other. */
export const createEventLog =
  (log: Log): Telemetry =>
  (event) =>
    log(LEVELS[event.type], event.type, event);
