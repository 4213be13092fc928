import { type Config, readConfig } from '../config/config.ts';
import type { Sources } from '../config/sources.ts';
import type { Credential, RealUpstream, SandboxUpstream } from '../config/upstream-choice.ts';
import { graphqlString } from '../http/browsers/example-tabs.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { exampleToken, exampleUsers, PLACEHOLDERS, shellQuoted } from './examples.ts';
import { createJsonLines, type JsonLines } from './json-lines.ts';
import { type Running, runGateway, type Setup } from './run-gateway.ts';
import { onStopSignal } from './stop-signal.ts';

/** Runs until a signal stops it. Resolves once it listens. The banner goes to standard output, the log to standard error. */
export async function serve(sources: Sources, version: string): Promise<void> {
  const config = readConfig(sources);
  const embedded = config.upstream.kind === 'sandbox' ? await startEmbedded(config.upstream) : undefined;
  const credential = credentialOf(config.upstream, embedded);
  const examples = embedded ? exampleUsers(embedded) : PLACEHOLDERS;
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
    // The log does not hold the banner.
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

interface ServeBanner {
  readonly version: string;
  /** Where the gateway listens. */
  readonly url: string;
  /** Where `/metrics` is: there, or on a port of its own. */
  readonly metricsUrl: string;
  readonly config: Config;
  readonly embedded: Sandbox | undefined;
  readonly exampleKey: string;
}

/** What a terminal shows after `npm start`: the addresses, whether the users are real, and one line to try. */
function serveBanner({ version, url, metricsUrl, config, embedded, exampleKey }: ServeBanner): string {
  const lines = [
    `lark-user-gateway ${version}`,
    '',
    `  GraphQL   ${url}/graphql${config.exposure.showsGraphiql ? '   (in a browser: GraphiQL)' : ''}`,
    `  Health    ${url}/health   ${url}/readiness`,
    `  Metrics   ${metricsUrl}/metrics`,
    embedded
      ? `  Sandbox   ${embedded.url}   (the user API with ${sandboxPeople(config, embedded)})`
      : `  User API  ${hostOf(config)}`,
  ];
  if (config.workers > 1) lines.push(`  Workers   ${config.workers}   (one quota and one token for all of them)`);
  if (embedded && config.upstream.kind === 'sandbox') {
    const { isExplicit, identity } = config.upstream;
    if (!isExplicit) lines.push('', ...HOW_TO_SERVE_REAL_PEOPLE[identity]);
    const userToken = identity === 'caller' ? exampleToken(embedded) : undefined;
    lines.push('', 'Try it:', `  ${curlLine(url, exampleKey, config, userToken)}`);
  }
  return `${lines.join('\n')}\n`;
}

const HOW_TO_SERVE_REAL_PEOPLE = {
  plugin: [
    'No credentials are configured, so these are made-up people. To serve real ones, set LARK_BASE_URL,',
    'LARK_PLUGIN_ID and LARK_PLUGIN_SECRET (see the README).',
  ],
  caller: ['No user API is configured, so these are made-up people. To serve real ones, set LARK_BASE_URL.'],
} as const;

function sandboxPeople(config: Config, { people }: Sandbox): string {
  const isLoaded = config.upstream.kind === 'sandbox' && typeof config.upstream.people === 'string';
  return `${people.length.toLocaleString('en')} ${isLoaded ? `people from ${config.upstream.people}` : 'made-up people'}`;
}

function curlLine(url: string, key: string, { callers }: Config, userToken: string | undefined): string {
  const body = JSON.stringify({ query: `{ user(key: ${graphqlString(key)}) { name nameEn email status } }` });
  const credential = callers.auth?.kind === 'none' ? '' : ` -H 'authorization: Bearer <credential>'`;
  const acting = userToken === undefined ? '' : ` -H 'x-lark-user-token: ${userToken}'`;
  return `curl -s ${url}/graphql -H 'content-type: application/json'${credential}${acting} -d ${shellQuoted(body)}`;
}

function hostOf({ upstream }: Config): string {
  return upstream.kind === 'real' ? new URL(upstream.credential.baseUrl).origin : '';
}
