import { exec } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { UNASKED } from '../support/gateway-with-sandbox.ts';
import { readPage } from '../support/markdown.ts';
import { ANY_PORTS, emptyFolder, runCli } from '../support/run-cli.ts';

const shell = promisify(exec);

describe('lark-user-gateway without credentials', () => {
  it('prints both addresses, that these are made-up people, and a curl line that works as printed', async () => {
    const cli = runCli([], ANY_PORTS);
    const banner = await cli.until('curl');
    expect(banner).toMatch(/GraphQL {3}http:\/\/127\.0\.0\.1:\d+\/graphql/);
    expect(banner).toMatch(/Sandbox {3}http:\/\/127\.0\.0\.1:\d+ .*1,000 made-up people/);
    expect(banner).toContain('No credentials are configured, so these are made-up people.');
    const { stdout } = await shell(banner.match(/curl .*/)?.[0] ?? '');
    expect(JSON.parse(stdout)).toEqual({
      data: { user: { name: '张三', nameEn: 'Zhang San', email: 'zhangsan@example.com', status: 'ACTIVATED' } },
    });
  });

  it('serves the people of a file, and names one of them in its curl line', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'people.csv'), 'user_key,email,name_en\n42,ada@example.com,Ada\n');
    const cli = runCli(['--sandbox-people', 'people.csv'], ANY_PORTS, folder);
    const banner = await cli.until('curl');
    expect(banner).toContain('1 people from people.csv');
    expect((await shell(banner.match(/curl .*/)?.[0] ?? '')).stdout).toContain('"nameEn":"Ada"');
  });

  it('refuses a bad file of people, with line and reason', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'people.csv'), 'user_key,email\n42,ada@example.com\n,bob@example.com\n');
    const cli = runCli(['--sandbox-people', 'people.csv'], ANY_PORTS, folder);
    expect(await cli.ended).toBe(1);
    expect(cli.stderr()).toContain('people.csv:3: ');
  });

  it('reads .env of the folder it is started in', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, '.env'), 'SANDBOX_PEOPLE=7\nPORT=0\nSANDBOX_PORT=0\n');
    expect(await runCli([], {}, folder).until('curl')).toContain('7 made-up people');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 after %s', async (signal) => {
    const cli = runCli([], ANY_PORTS);
    await cli.until('curl');
    cli.process.kill(signal);
    expect(await cli.ended).toBe(0);
  });
});

describe('lark-user-gateway that is told to stop', () => {
  it('is not ready, still answers for SHUTDOWN_DELAY_SECONDS and closes connections, then ends with 0', async () => {
    const cli = runCli(['--shutdown-delay-seconds', '2'], ANY_PORTS);
    const url = (await cli.until('curl')).match(/http:\S+(?=\/graphql)/)?.[0] ?? '';
    const readiness = async () => (await fetch(`${url}/readiness`)).status;
    await expect.poll(readiness).toBe(200);
    cli.process.kill('SIGTERM');
    await expect.poll(readiness).toBe(503);
    const answer = await fetch(`${url}/graphql?query={user(key:"7000000000000000001"){nameEn}}`, { headers: UNASKED });
    expect(answer.headers.get('connection')).toBe('close');
    expect(await answer.json()).toEqual({ data: { user: { nameEn: 'Zhang San' } } });
    expect(await cli.ended).toBe(0);
  });

  it('does not wait after a second signal', async () => {
    const cli = runCli(['--shutdown-delay-seconds', '600'], ANY_PORTS);
    await cli.until('curl');
    cli.process.kill('SIGTERM');
    await expect.poll(() => cli.stderr()).toContain('Once more to stop at once');
    cli.process.kill('SIGTERM');
    expect(await cli.ended).toBe(1);
  });
});

describe('lark-user-gateway with credentials', () => {
  it('serves the real API, and says where it is', async () => {
    const sandbox = await startSandbox({ people: 3 });
    try {
      const cli = runCli([], {
        PORT: '0',
        LARK_BASE_URL: sandbox.url,
        LARK_PLUGIN_ID: sandbox.credential.pluginId,
        LARK_PLUGIN_SECRET: sandbox.credential.pluginSecret,
      });
      const banner = await cli.until('User API');
      expect(banner).toContain(`User API  ${sandbox.url}`);
      expect(banner).not.toContain('made-up');
      const url = banner.match(/http:\S+\/graphql/)?.[0] ?? '';
      const answer = await fetch(`${url}?query={user(key:"7000000000000000002"){nameEn}}`, { headers: UNASKED });
      expect(await answer.json()).toEqual({ data: { user: { nameEn: 'Li Si' } } });
    } finally {
      await sandbox.close();
    }
  });

  it('tells all mistakes of the configuration at once, and exits with 2', async () => {
    const cli = runCli(['--port', 'x', '--lark-token-type', 'y'], { LARK_PLUGIN_ID: 'MII_1' });
    expect(await cli.ended).toBe(2);
    expect(cli.stderr()).toBe(`The configuration has 3 mistakes:
  - LARK_TOKEN_TYPE: expected official or virtual, got "y".
  - PORT: expected a whole number from 0 to 65535, got "x".
  - A credential is incomplete: set LARK_BASE_URL, LARK_PLUGIN_SECRET. To serve made-up people instead, set --sandbox.
`);
  });

  it('does not start in production without a credential', async () => {
    const cli = runCli([], { NODE_ENV: 'production', ...ANY_PORTS });
    expect(await cli.ended).toBe(2);
    expect(cli.stderr()).toContain('To serve made-up people instead, set --sandbox.');
    const sandbox = runCli(['--sandbox'], { NODE_ENV: 'production', ...ANY_PORTS });
    expect(await sandbox.until('curl')).toContain('1,000 made-up people');
  });

  it('takes no secret from the command line', async () => {
    const cli = runCli(['--lark-plugin-secret', 's3cret']);
    expect(await cli.ended).toBe(2);
    expect(cli.stderr()).toContain('every program on this machine can read a command line');
    expect(cli.stderr()).not.toContain('s3cret');
  });

  it('says which setting to change when its port is taken', async () => {
    const first = runCli([], ANY_PORTS);
    const port = (await first.until('curl')).match(/127\.0\.0\.1:(\d+)\/graphql/)?.[1] ?? '';
    const second = runCli(['--port', port, '--sandbox-port', '0']);
    expect(await second.ended).toBe(1);
    expect(second.stderr()).toBe(
      `Cannot listen on 127.0.0.1:${port}: another program listens there. Set PORT to a free port.\n`,
    );
    const third = runCli(['--port', '0', '--sandbox-port', port]);
    expect(await third.ended).toBe(1);
    expect(third.stderr()).toContain(`The sandbox cannot listen on 127.0.0.1:${port}: another program listens there.`);
    expect(third.stderr()).toContain('It is SANDBOX_PORT.');
    const page = readPage('docs/troubleshooting.md');
    for (const cli of [second, third]) expect(page).toContain(`\`${cli.stderr().split(' 127.')[0]} …\``);
  });

  it('tells a word that is no command, and which was meant', async () => {
    const cli = runCli(['srve']);
    expect(await cli.ended).toBe(1);
    expect(cli.stderr()).toContain("unknown command 'srve'\n(Did you mean serve?)");
  });

  it('reads the file that --settings-file names', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'settings'), 'SANDBOX_PEOPLE=7\nPORT=0\nSANDBOX_PORT=0\n');
    expect(await runCli(['--settings-file', 'settings'], {}, folder).until('curl')).toContain('7 made-up people');
    const missing = runCli(['--settings-file', 'nowhere'], {}, folder);
    expect(await missing.ended).toBe(2);
    expect(missing.stderr()).toContain('The settings file nowhere cannot be read (ENOENT).');
  });
});

describe('lark-user-gateway --help', () => {
  it('lists every command, every flag of serve with its default, and where settings come from', async () => {
    const cli = runCli(['--help']);
    expect(await cli.ended).toBe(0);
    const flags = [...cli.stdout().matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, flag]) => flag);
    const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'configuration.md'), 'utf8');
    const documented = [...page.matchAll(/^\| `[A-Z_]+` \| `(--[a-z-]+)`/gm)].map(([, flag]) => flag);
    expect(documented).toContain('--lark-plugin-secret-file');
    expect(flags).toEqual([...documented, '--settings-file']);
    for (const command of ['serve', 'init', 'sandbox', 'check', 'api-key', 'schema'])
      expect(cli.stdout()).toContain(`  ${command} `);
    expect(cli.stdout()).toContain('(default: 4000)');
    expect(cli.stdout()).toContain('Flags win over the environment');
  });

  it('an unknown flag is told, with where to look', async () => {
    const cli = runCli(['--prot', '1']);
    expect(await cli.ended).toBe(1);
    expect(cli.stderr()).toContain("unknown option '--prot'");
    expect(cli.stderr()).toContain('Did you mean --port?');
  });
});
