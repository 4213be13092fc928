import { pino } from 'pino';
import { faultStack } from '../telemetry/fault-stack.ts';
import type { LogEntry, LogLevel, LogOptions } from '../telemetry/log.ts';

/** Bytes of lines that wait while standard error is not read, or cannot be written. Beyond it lines are dropped. */
const MOST_WAITING = 16 * 1_024 * 1_024;
/** So long the end of the process waits for standard error to be read. */
const FLUSH_MS = 1_000;

/** The log of `serve`: one JSON object a line, to standard error. Standard output is for people. */
export interface JsonLines extends LogOptions {
  /** @param message our own words: it is written as it is. */
  say(level: LogEntry['level'], message: string): void;
  /** Writes where something failed, without its message. */
  sayFault(level: LogEntry['level'], message: string, error: unknown): void;
  /** From here on, an uncaught error is written without its message, which Node would print. The process still ends, with 1. */
  endWithUncaught(): void;
  /** Resolves when all lines so far are written, or cannot be. To be awaited before the process exits. */
  flushed(): Promise<void>;
}

/** @param worker which of several processes writes, for a field of each line. */
export function createJsonLines(level: LogLevel, worker?: number): JsonLines {
  const destination = patientDestination();
  const logger = pino(
    {
      level,
      // Neither pid nor host name: whatever collects the lines knows where they come from.
      base: worker === undefined ? null : { worker },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  const write: JsonLines['write'] = (entry) => logger[entry.level](entry.fields, entry.message);
  const flushed = () =>
    new Promise<void>((resolve) => {
      setTimeout(resolve, FLUSH_MS).unref();
      // A pipe cannot be synced, which is an error after all is written.
      destination.flush(() => resolve());
    });
  const sayFault: JsonLines['sayFault'] = (severity, message, error) =>
    write({ level: severity, message, fields: { stack: faultStack(error) } });

  return {
    level,
    write,
    say: (severity, message) => write({ level: severity, message, fields: {} }),
    sayFault,
    endWithUncaught() {
      process.on('uncaughtException', (fault) => {
        sayFault('fatal', 'Uncaught: the process ends.', fault);
        void flushed().then(() => process.exit(1));
      });
    },
    flushed,
  };
}

/**
 * Standard error, for a process that goes on without it: where lines cannot be written, because the disk is full or the pipe is not
 * read, they are tried again with the next one, and dropped when too many wait. Pino, left alone, would end the process for an
 * error, and at the end of the process try again for ever.
 */
function patientDestination(): ReturnType<typeof pino.destination> {
  let isFailing = false;
  let isEnding = false;
  const destination = pino.destination({
    // Opened by Node, a full pipe is an error, instead of holding a thread that the end of the process waits for.
    fd: process.stderr.fd,
    // Asynchronous: a slow reader must not hold up requests. Without a least length, `flush` would wait for nothing.
    sync: false,
    minLength: 1,
    maxLength: MOST_WAITING,
    // Written whole or not at all, where several processes share a pipe (PIPE_BUF of Linux): whole lines, as many as fit.
    maxWrite: 4_096,
    retryEAGAIN() {
      isFailing = true;
      return !isEnding;
    },
  });
  destination.on('error', () => {
    isFailing = true;
  });
  destination.on('write', () => {
    isFailing = false;
  });
  // Before pino's own listener, which finds nothing left to do.
  process.prependListener('exit', () => {
    isEnding = true;
    try {
      if (!isFailing) destination.flushSync();
    } catch {
      // Full by now.
    }
    destination.destroy();
  });
  return destination;
}
