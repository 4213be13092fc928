import { pino } from 'pino';
import { faultStack } from '../telemetry/fault-stack.ts';
import type { LogEntry, LogLevel, LogOptions } from '../telemetry/log.ts';

/** Where nobody reads standard error, or it cannot be written, lines are dropped rather than kept without end, in bytes. */
const MOST_WAITING = 16 * 1_024 * 1_024;
/** So long the end of the process waits for whoever reads standard error. */
const FLUSH_MS = 1_000;

/** The log of `serve`: one JSON object a line, to standard error. Standard output is for people. */
export interface JsonLines extends LogOptions {
  /** @param message our own words: it is written as it is. */
  say(level: LogEntry['level'], message: string): void;
  /** Tells where something failed, without its message. */
  sayFault(level: LogEntry['level'], message: string, error: unknown): void;
  /** From here on, what nobody caught is told without its message, which Node would print. The process still ends, with 1. */
  endWithUncaught(): void;
  /** Resolves when all lines so far are written, or nobody takes them. To be awaited before the process exits. */
  flushed(): Promise<void>;
}

/** @param worker which of several processes writes, to be told in each line. */
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
      // A pipe cannot be synced, which is told as an error after all is written.
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
 * Standard error, for a process that goes on without it: where lines cannot be written, be it that the disk is full or that nobody
 * reads, they are tried again with the next one, and dropped when too many wait. Pino, left alone, would end the process for an
 * error, and at the end of the process try again for ever.
 */
function patientDestination(): ReturnType<typeof pino.destination> {
  let isFailing = false;
  let isEnding = false;
  const destination = pino.destination({
    // Opened by Node, a pipe that is full says so, instead of holding a thread that the end of the process waits for.
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
