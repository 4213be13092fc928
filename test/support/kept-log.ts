import type { LogEntry, LogOptions } from '../../src/telemetry/log.ts';

/** A log that keeps its entries. */
export function keptLog(level: LogOptions['level'] = 'trace') {
  const entries: LogEntry[] = [];
  const log: LogOptions = { level, write: (entry) => entries.push(entry) };
  return { log, entries, lines: (message: string) => entries.filter((entry) => entry.message === message) };
}
