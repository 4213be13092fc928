import { readConfig } from '../config/config.ts';
import type { Sources } from '../config/sources.ts';
import type { Credential, RealUpstream, SandboxUpstream } from '../config/upstream-choice.ts';
import type { ExamplePeople } from '../http/browsers/example-tabs.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { createJsonLines, type JsonLines } from './json-lines.ts';
import { type Running, runGateway, type Setup } from './run-gateway.ts';
import { serveBanner } from './serve-banner.ts';
import { onStopSignal } from './stop-signal.ts';

/** With real people there is nobody whom examples may name: they are answered `null`. */
const PLACEHOLDERS: ExamplePeople = {
  key: '7000000000000000001',
  email: 'zhangsan@example.com',
  outId: 'on_00000000000000000000000000000000',
};

/** Runs until a signal stops it. Resolves once it listens. What is for people goes to standard output, the log to standard error. */
export async function serve(sources: Sources, version: string): Promise<void> {
  const config = readConfig(sources);
  const embedded = config.upstream.kind === 'sandbox' ? await startEmbedded(config.upstream) : undefined;
  const credential = credentialOf(config.upstream, embedded);
  const examples = embedded ? peopleToName(embedded) : PLACEHOLDERS;
  const lines = createJsonLines(config.logLevel);
  const setup = { config, credential, examples };

  try {
    const running = await run(setup, lines);
    lines.endWithUncaught();
    const stop = async () => {
      await running.stop();
      await embedded?.close();
      lines.say('info', 'Stopped.');
      await lines.flushed();
    };
    onStopSignal(stop, {
      stopping: (message) => lines.say('info', message),
      failed: (error) => lines.sayFault('error', 'Stopping failed.', error),
    });
    // The banner is for people. Whoever collects the log learns of a start, too, and of which version.
    lines.write({ level: 'info', message: 'The gateway listens.', fields: { version, url: running.url } });
    for (const warning of config.warnings) lines.say('warn', warning);
    process.stdout.write(serveBanner({ version, ...running, config, embedded, exampleKey: examples.key }));
  } catch (error) {
    await embedded?.close();
    throw error;
  }
}

/** What serves with several processes is loaded where there are several only, as is the sandbox. */
async function run(setup: Setup, lines: JsonLines): Promise<Running> {
  if (setup.config.workers <= 1) return runGateway(setup, lines);
  const { runWorkers } = await import('./run-workers.ts');
  return runWorkers(setup, lines);
}

async function startEmbedded(upstream: SandboxUpstream): Promise<Sandbox> {
  const { loadPeople, startSandbox } = await import('../sandbox/sandbox.ts');
  const people = typeof upstream.people === 'string' ? await loadPeople(upstream.people) : upstream.people;
  try {
    return await startSandbox({ port: upstream.port, people });
  } catch (error) {
    if (!(error instanceof Error && error.cause)) throw error;
    throw new Error(`${error.message} It is SANDBOX_PORT.`, { cause: error });
  }
}

function credentialOf(upstream: SandboxUpstream | RealUpstream, embedded: Sandbox | undefined): Credential {
  if (upstream.kind === 'real') return upstream.credential;
  if (!embedded) throw new TypeError('Expected a running sandbox.');
  const { identity, tokenType } = upstream;
  return { baseUrl: embedded.url, ...embedded.credential, identity, tokenType };
}

/** People of the sandbox whom every example finds. */
function peopleToName({ people }: Sandbox): ExamplePeople {
  const known = people.find(({ email, out_id }) => email && out_id) ?? people[0];
  return {
    key: known?.user_key ?? PLACEHOLDERS.key,
    email: known?.email ?? PLACEHOLDERS.email,
    outId: known?.out_id ?? PLACEHOLDERS.outId,
    keys: people.slice(0, 50).map(({ user_key }) => user_key),
  };
}
