/** What happens after a signal. */
export interface StopReport {
  stopping(message: string): void;
  failed(error: unknown): void;
}

const toStandardError: StopReport = {
  stopping: (message) => process.stderr.write(`${message}\n`),
  failed: (error) =>
    process.stderr.write(`Stopping failed: ${error instanceof Error ? error.message : String(error)}\n`),
};

/** `npm start` and `npx` run this in a shell, which ends with npm, and passes no signal on. */
const RUN_BY_NPM: readonly unknown[] = ['start', 'npx'];
const PARENT = process.ppid;
const PARENT_CHECK_MS = 1_000;

/**
 * Stops in order at the first SIGTERM or SIGINT, or when npm has ended, and exits with 0; a second signal does not wait.
 * @param report receives what happens. @default as text to standard error
 */
export function onStopSignal(stop: () => Promise<void>, report: StopReport = toStandardError): void {
  let isStopping = false;
  const begin = (why: string) => {
    isStopping = true;
    report.stopping(`${why}: finishing what is in flight. Once more to stop at once.`);
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        report.failed(error);
        process.exit(1);
      },
    );
  };
  const onSignal = (signal: NodeJS.Signals) => {
    if (isStopping) process.exit(1);
    begin(signal);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  if (!RUN_BY_NPM.includes(process.env.npm_lifecycle_event)) return;
  const check = setInterval(() => {
    if (process.ppid === PARENT) return;
    clearInterval(check);
    if (!isStopping) begin('npm has ended');
  }, PARENT_CHECK_MS).unref();
}
