/** What became of a signal. */
export interface StopReport {
  stopping(message: string): void;
  failed(error: unknown): void;
}

const toStandardError: StopReport = {
  stopping: (message) => process.stderr.write(`${message}\n`),
  failed: (error) =>
    process.stderr.write(`Stopping failed: ${error instanceof Error ? error.message : String(error)}\n`),
};

/**
 * Stops in order at the first SIGTERM or SIGINT and exits with 0; a second one does not wait.
 * @param report where that is told. @default as text to standard error
 */
export function onStopSignal(stop: () => Promise<void>, report: StopReport = toStandardError): void {
  let isStopping = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (isStopping) process.exit(1);
    isStopping = true;
    report.stopping(`${signal}: finishing what is in flight. Once more to stop at once.`);
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        report.failed(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}
