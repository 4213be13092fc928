import { execFile } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv, promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { envTemplate } from '../../src/cli/init.ts';
import { settings } from '../../src/config/settings.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { ANY_PORTS, emptyFolder, runCli } from '../support/run-cli.ts';

/** A folder in which `init` has run. */
async function initialised() {
  const folder = emptyFolder();
  const cli = runCli(['init'], {}, folder);
  const code = await cli.ended;
  return { folder, file: join(folder, '.env'), code, says: cli.stdout() };
}

describe('lark-user-gateway init', () => {
  it('writes a .env that only its owner can read, and says what to do next', async () => {
    const { file, code, says } = await initialised();
    expect(code).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(says).toContain('Wrote .env');
  });

  it('names a command that runs as it stands, from the same folder', async () => {
    const { folder, says } = await initialised();
    const [command = ''] = says.match(/^ {2}.* check$/m) ?? [];
    const ran = promisify(execFile)('/bin/sh', ['-c', command], { cwd: folder, env: { PATH: process.env.PATH ?? '' } });
    await expect(ran).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('set LARK_BASE_URL') });
  });

  it('never overwrites one: it says so, and ends with 1', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, '.env'), 'LARK_PLUGIN_SECRET=only-here');
    const cli = runCli(['init'], {}, folder);
    expect(await cli.ended).toBe(1);
    expect(cli.stderr()).toContain('There is a .env in this folder already; it stays as it is.');
    expect(readFileSync(join(folder, '.env'), 'utf8')).toBe('LARK_PLUGIN_SECRET=only-here');
  });

  it('as it is, the file changes nothing: check asks for a credential, and serve has made-up people', async () => {
    const { folder } = await initialised();
    const check = runCli(['check'], {}, folder);
    expect(await check.ended).toBe(2);
    expect(check.stderr()).toContain('set LARK_BASE_URL, LARK_PLUGIN_ID, LARK_PLUGIN_SECRET.');
    expect(await runCli([], ANY_PORTS, folder).until('curl')).toContain('made-up people');
  });

  it('with a credential put into its first lines, check finds that all is well', async () => {
    const { folder, file } = await initialised();
    const sandbox = await startSandbox();
    onTestFinished(() => sandbox.close());
    const values: Record<string, string> = {
      LARK_BASE_URL: sandbox.url,
      LARK_PLUGIN_ID: sandbox.credential.pluginId,
      LARK_PLUGIN_SECRET: sandbox.credential.pluginSecret,
    };
    const filled = readFileSync(file, 'utf8').replace(
      /^(\w+)=$/gm,
      (line, name: string) => line + (values[name] ?? ''),
    );
    writeFileSync(file, filled);
    const check = runCli(['check'], {}, folder);
    expect(await check.ended).toBe(0);
    expect(check.stdout()).toContain('All is well.');
  });
});

describe('the .env that init writes', () => {
  it('starts with the credential, and sets nothing else', () => {
    expect(parseEnv(envTemplate())).toEqual({ LARK_BASE_URL: '', LARK_PLUGIN_ID: '', LARK_PLUGIN_SECRET: '' });
  });

  it('has every setting at its default, which is a value that it takes', () => {
    const all = parseEnv(envTemplate().replace(/^# (?=[A-Z_]+=)/gm, ''));
    expect(Object.keys(all).toSorted()).toEqual(Object.keys(settings).toSorted());
    for (const [name, { schema, notes }] of Object.entries(settings)) {
      expect([name, all[name]]).toEqual([name, notes.default ?? '']);
      expect([name, notes.default === undefined || schema.safeParse(all[name]).success]).toEqual([name, true]);
    }
  });
});
