import { cleanFields, type LogFields } from './log-fields.ts';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** From everything to nothing. */
export type LogLevel = (typeof LEVELS)[number];

/** One line of the log. */
export interface LogEntry {
  readonly level: Exclude<LogLevel, 'silent'>;
  /** One of a few fixed sentences. Whatever varies is a field. */
  readonly message: string;
  /** Figures, codes, ids, and origins of pages. No identifier, name, e-mail address, token or other text of a client or the user API. */
  readonly fields: LogFields;
}

export interface LogOptions {
  /** Entries below are not made. @default info */
  readonly level?: LogLevel | undefined;
  /** Receives every entry, synchronously. Must not throw. */
  write(entry: LogEntry): void;
}

/** Writes an entry, unless its level is switched off. @param fields made only where it is not, if given as a function. */
export type Log = (level: LogEntry['level'], message: string, fields?: LogFields | (() => LogFields)) => void;

export function createLog({ level: least = 'info', write }: LogOptions): Log {
  const threshold = LEVELS.indexOf(least);
  return (level, message, fields = {}) => {
    if (LEVELS.indexOf(level) < threshold) return;
    write({ level, message, fields: cleanFields(typeof fields === 'function' ? fields() : fields) });
  };
}

/** For a gateway in somebody else's program: what is a fault of its own, as text. */
export const faultsToStandardError: LogOptions = {
  level: 'error',
  write({ message, fields: { stack, ...figures } }) {
    const told = Object.entries(figures).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
    process.stderr.write(`${[message, ...told, stack].filter(Boolean).join('\n')}\n`);
  },
};
