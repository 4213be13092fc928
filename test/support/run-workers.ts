import { request } from 'undici';
import { onTestFinished } from 'vitest';

import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';
import { type RunningCli, runCli } from './run-cli.ts';

type Line = Readonly<Record<string, unknown>>;

export interface RunningWorkers {
  readonly cli: RunningCli;
  readonly sandbox: Sandbox;
  readonly url: string;
  /** Over a connection of its own, so that the workers take turns. */
  ask(path: string, headers?: Record<string, string>): Promise<{ status: number; connection: unknown; body: unknown }>;
  /** The log so far. */
  lines(): Line[];
  /** Lines with this message, oldest first. */
  said(message: string): Line[];
  /** Which workers have answered GraphQL requests so far. */
  answering(): Set<unknown>;
}

/** The built command with two workers, in front of a sandbox of its own; both listen. */
export async function runWorkers(
  environment: Record<string, string> = {},
  options: SandboxOptions = {},
): Promise<RunningWorkers> {
  const sandbox = await startSandbox(options);
  onTestFinished(() => sandbox.close());
  const cli = runCli([], {
    WORKERS: '2',
    PORT: '0',
    LARK_BASE_URL: sandbox.url,
    ...(environment.LARK_IDENTITY !== 'caller' && {
      LARK_PLUGIN_ID: sandbox.credential.pluginId,
      LARK_PLUGIN_SECRET: sandbox.credential.pluginSecret,
    }),
    ...environment,
  });
  const url = (await cli.until('User API')).match(/http:\S+(?=\/graphql)/)?.[0] ?? '';
  const lines = () => linesOf(cli);
  const said = (message: string) => lines().filter(({ msg }) => msg === message);
  while (said('A worker listens.').length < 2) await new Promise((resolve) => cli.process.stderr.once('data', resolve));
  return {
    cli,
    sandbox,
    url,
    async ask(path, headers = {}) {
      const answer = await request(`${url}${path}`, {
        reset: true,
        headers: { 'x-graphql-yoga-csrf': '1', ...headers },
      });
      return { status: answer.statusCode, connection: answer.headers.connection, body: await answer.body.json() };
    },
    lines,
    said,
    answering: () =>
      new Set(
        said('request')
          .filter(({ endpoint }) => endpoint === 'graphql')
          .map(({ worker }) => worker),
      ),
  };
}

/** Only whole lines. */
const linesOf = (cli: RunningCli): Line[] =>
  cli
    .stderr()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

/** A query as the path of a GET. */
export const usersPath = (keys: readonly string[]): string =>
  `/graphql?query=${encodeURIComponent(`{users(keys:${JSON.stringify(keys)}){key}}`)}`;

export const usersAnswer = (keys: readonly string[]) => ({ data: { users: keys.map((key) => ({ key })) } });
