import { ConfigError } from '../config/settings.ts';
import { graphqlString } from '../http/browsers/example-tabs.ts';
import { type FaultSpec, FaultSpecError, loadPeople, readFaultTexts, startSandbox } from '../sandbox/sandbox.ts';
import { exampleHolder, exampleToken, shellQuoted } from './examples.ts';
import { onStopSignal } from './stop-signal.ts';

export { faultHelp } from '../sandbox/sandbox.ts';

export interface SandboxFlags {
  readonly port: string;
  readonly host: string;
  /** A number of people to make up, or the path of a file. */
  readonly people: string;
  readonly latencyMs: string;
  /** Each as `name:parameter=value,…`, see `sandbox --help`. */
  readonly fault: readonly string[];
}

/** Runs the sandbox alone until a signal stops it. */
export async function sandbox(flags: SandboxFlags): Promise<void> {
  const mistakes: string[] = [];
  const port = wholeNumber('--port', flags.port, 65_535, mistakes);
  const latencyMs = wholeNumber('--latency-ms', flags.latencyMs, 600_000, mistakes);
  const faults = readFaults(flags.fault, mistakes);
  if (mistakes.length > 0) throw new ConfigError(mistakes);

  const isCount = /^\d+$/.test(flags.people);
  const people = isCount ? Number(flags.people) : await loadPeople(flags.people);
  const running = await startSandbox({ host: flags.host, port, people, latencyMs, faults });
  onStopSignal(() => running.close());
  const count = running.people.length.toLocaleString('en');
  process.stdout.write(
    [
      `Sandbox of the user API: ${running.url}   (${count} ${isCount ? 'made-up people' : `people from ${flags.people}`})`,
      '',
      'Point a gateway at it:',
      `  LARK_BASE_URL=${running.url} LARK_PLUGIN_ID=${running.credential.pluginId} LARK_PLUGIN_SECRET=${running.credential.pluginSecret}`,
      'Or have its callers bring tokens of their own:',
      `  LARK_BASE_URL=${running.url} LARK_IDENTITY=caller`,
      `  x-lark-user-token: ${exampleToken(running) ?? '(no user could have one)'}`,
      'More tokens, by user key:',
      `  curl -s ${running.url}/_sandbox/user_tokens -H 'content-type: application/json' -d ${shellQuoted(`{"user_key":${graphqlString(exampleHolder(running) ?? '…')}}`)}`,
      `Calls received: ${running.url}/_sandbox/calls`,
      `Faults: ${running.url}/_sandbox/faults   (on: ${faults.map(({ name }) => name).join(', ') || 'none'})`,
      '',
    ].join('\n'),
  );
}

function readFaults(texts: readonly string[], mistakes: string[]): readonly FaultSpec[] {
  try {
    return readFaultTexts(texts);
  } catch (error) {
    if (!(error instanceof FaultSpecError)) throw error;
    mistakes.push(...error.mistakes);
    return [];
  }
}

function wholeNumber(flag: string, text: string, most: number, mistakes: string[]): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) > most) {
    mistakes.push(`${flag}: expected a whole number from 0 to ${most}, got ${JSON.stringify(text)}.`);
  }
  return Number(text);
}
