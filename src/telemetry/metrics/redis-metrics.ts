import type { Telemetry } from '../events.ts';
import type { Meters } from './meters.ts';

/** A command is given up after some ten milliseconds. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25];
const MODES = ['shared', 'alone', 'returning'] as const;

/** The Redis that replicas share. Without one there are no values. */
export function createRedisMetrics(meters: Meters): Telemetry {
  const commands = meters.counter(
    'redis_commands_total',
    'Commands to Redis, by command, and by outcome: ok, timeout, failed, or skipped while Redis is away.',
    ['command', 'outcome'],
  );
  const durations = meters.histogram(
    'redis_command_duration_seconds',
    'How long commands to Redis took, by command; those that were skipped not counted.',
    SECONDS,
    ['command'],
  );
  const mode = meters.gauge(
    'quota_mode',
    '1 for the quota in force: shared by all replicas, alone with a part of it while Redis is away, or returning; else 0.',
    'max',
    ['mode'],
  );

  return (event) => {
    if (event.type === 'redis-command') {
      const { command, outcome, durationMs } = event;
      commands.inc({ command, outcome });
      if (outcome !== 'skipped') durations.observe({ command }, durationMs / 1_000);
    } else if (event.type === 'quota-mode') {
      for (const one of MODES) mode.set({ mode: one }, one === event.mode ? 1 : 0);
    }
  };
}
