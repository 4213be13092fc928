import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';
import { emptyFolder, runCli } from '../support/run-cli.ts';

describe('lark-user-gateway sandbox', () => {
  it('runs alone, with any number of made-up people', async () => {
    const cli = runCli(['sandbox', '--port', '0', '--people', '20']);
    const banner = await cli.until('_sandbox/calls');
    expect(banner).toContain('20 made-up people');
    const url = banner.match(/http:\/\/127\.0\.0\.1:\d+/)?.[0];
    const calls = await (await fetch(`${url}/_sandbox/calls`)).json();
    expect(calls).toMatchObject({ total: 0 });
    cli.process.kill('SIGTERM');
    expect(await cli.ended).toBe(0);
  });

  it('prints settings with which a gateway reaches it', async () => {
    const sandbox = runCli(['sandbox', '--port', '0']);
    const line = (await sandbox.until('_sandbox/calls')).match(/LARK_BASE_URL.*/)?.[0] ?? '';
    const check = runCli(['check'], Object.fromEntries(line.split(' ').map((pair) => pair.split('='))));
    expect(await check.ended).toBe(0);
  });

  it('loads people of your own and tells how many', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'people.json'), '[{"user_key": "1"}, {"user_key": "2"}]');
    const cli = runCli(['sandbox', '--port', '0', '--people', 'people.json'], {}, folder);
    expect(await cli.until('_sandbox/calls')).toContain('2 people from people.json');
  });

  it('tells all its mistakes at once', async () => {
    const cli = runCli(['sandbox', '--port', 'a', '--latency-ms', 'b']);
    expect(await cli.ended).toBe(2);
    expect(cli.stderr()).toContain('--port: expected a whole number from 0 to 65535, got "a".');
    expect(cli.stderr()).toContain('--latency-ms: expected a whole number');
  });
});

describe('lark-user-gateway check', () => {
  async function checkAgainst(options: SandboxOptions, environment: Record<string, string>, ...args: string[]) {
    const sandbox = await startSandbox(options);
    onTestFinished(() => sandbox.close());
    const cli = runCli(['check', ...args], {
      LARK_BASE_URL: sandbox.url,
      LARK_PLUGIN_ID: sandbox.credential.pluginId,
      LARK_PLUGIN_SECRET: sandbox.credential.pluginSecret,
      ...environment,
    });
    const code = await cli.ended;
    return { code, says: cli.stdout() + cli.stderr(), calls: sandbox.calls().length };
  }

  it('says that all is well, after one token and one query', async () => {
    const { code, says, calls } = await checkAgainst({}, {});
    expect(says).toContain('All is well.');
    expect([code, calls]).toEqual([0, 2]);
  });

  it('finds a person that is named', async () => {
    const { code, says } = await checkAgainst({}, {}, '--key', '7000000000000000001');
    expect(says).toContain('found the person');
    expect(code).toBe(0);
  });

  it.each<[string, SandboxOptions, Record<string, string>, string, string]>([
    [
      'a wrong secret',
      {},
      { LARK_PLUGIN_SECRET: 'wrong' },
      'UPSTREAM_UNAUTHENTICATED',
      'Copy plugin id and secret once more',
    ],
    [
      'no permission (10301)',
      { permissionGranted: false },
      {},
      'UPSTREAM_FORBIDDEN',
      'has the permission to read users, is published, and is installed',
    ],
    ['a user key that is needed', { requireUserKey: true }, {}, 'UPSTREAM_FORBIDDEN', 'configure LARK_USER_KEY'],
    ['a user key of nobody', {}, { LARK_USER_KEY: '1' }, 'UPSTREAM_FORBIDDEN', 'LARK_USER_KEY names nobody'],
    [
      'a host that is not there',
      {},
      { LARK_BASE_URL: 'http://127.0.0.1:9' },
      'UPSTREAM_UNAVAILABLE',
      'Nothing listens at',
    ],
    [
      'a name that is not there',
      {},
      { LARK_BASE_URL: 'http://no.invalid' },
      'UPSTREAM_UNAVAILABLE',
      'There is no host of this name',
    ],
  ])('%s: what is wrong, and what to do', async (_, options, environment, code, advice) => {
    const result = await checkAgainst(options, environment);
    expect(result.code).toBe(1);
    expect(result.says).toContain(code);
    expect(result.says).toContain(advice);
    expect(result.says).not.toContain('sandbox-secret');
  });

  it('makes two calls at most, also when the user API is busy', async () => {
    const { says, calls } = await checkAgainst({ callsPerSecond: 0 }, {});
    expect(says).toContain('UPSTREAM_RATE_LIMITED');
    expect(says).toContain('wait, or use a plugin of your own');
    expect(calls).toBe(2);
  });

  it('a host that is not the user API', async () => {
    const sandbox = await startSandbox();
    onTestFinished(() => sandbox.close());
    const { says } = await checkAgainst({}, { LARK_BASE_URL: `${sandbox.url}/elsewhere` });
    expect(says).toContain('does not answer like the user API: check LARK_BASE_URL');
  });

  it('a virtual token sees collaborators only', async () => {
    const sandbox = await startSandbox();
    const stranger = sandbox.people.find(({ collaborator }) => collaborator === false);
    await sandbox.close();
    const { code, says } = await checkAgainst({}, { LARK_TOKEN_TYPE: 'virtual' }, '--key', stranger?.user_key ?? '');
    expect(code).toBe(1);
    expect(says).toContain('only the collaborators of the plugin can be found');
  });

  it('without a credential says what to set', async () => {
    const cli = runCli(['check']);
    expect(await cli.ended).toBe(2);
    expect(cli.stderr()).toContain('A credential is needed: set LARK_BASE_URL, LARK_PLUGIN_ID, LARK_PLUGIN_SECRET.');
  });
});

it('lark-user-gateway schema prints what schema.graphql holds', async () => {
  const cli = runCli(['schema']);
  expect(await cli.ended).toBe(0);
  expect(cli.stdout()).toBe(readFileSync(join(import.meta.dirname, '../../schema.graphql'), 'utf8'));
});
