import { exec, execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv, promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../src/config/config.ts';
import { startSandbox } from '../src/sandbox/sandbox.ts';
import { gatewayWithSandbox } from './support/gateway-with-sandbox.ts';
import { ANY_PORTS, emptyFolder, runCli } from './support/run-cli.ts';

const ROOT = join(import.meta.dirname, '..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const blocks = [...README.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].map(([, language, text]) => ({
  language: language ?? '',
  text: (text ?? '').trim(),
}));
const only = (language: string) => blocks.filter((block) => block.language === language).map(({ text }) => text);

/** How each command of the README is run here. CI itself runs the two that install. */
const COMMANDS: Record<string, () => Promise<void>> = {
  'npm ci && npm start': async () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(scripts.start).toBe('node dist/cli.js');
    expect(await runCli([], ANY_PORTS).until('curl')).toContain('made-up people');
  },
  // CI packs it, and asks what comes out in an empty project.
  'npm ci && npm pack': async () => {
    expect(readFileSync(join(ROOT, '.ci', 'run'), 'utf8')).toContain('npm run check:tarball');
    expect(readFileSync(join(ROOT, 'scripts', 'check-tarball.mjs'), 'utf8')).toContain("execFileSync('npm', ['pack',");
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(scripts.prepack).toContain('build');
  },
  'npm ci && npm test': async () => {
    expect(readFileSync(join(ROOT, '.ci', 'run'), 'utf8')).toMatch(/npm ci\n[\s\S]*npm test/);
  },
  // Ten minutes: `npm run test:all` runs a short one.
  'npm run bench:quota': async () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(scripts['bench:quota']).toContain('node bench/quota.mjs');
  },
  'node dist/cli.js check': async () => {
    const sandbox = await startSandbox();
    onTestFinished(() => sandbox.close());
    const cli = runCli(['check'], {
      LARK_BASE_URL: sandbox.url,
      LARK_PLUGIN_ID: sandbox.credential.pluginId,
      LARK_PLUGIN_SECRET: sandbox.credential.pluginSecret,
    });
    expect(await cli.ended).toBe(0);
    const shown = cli
      .stdout()
      .replace(sandbox.url, 'https://project.feishu.cn')
      .replace('MII_SANDBOX', 'MII_0123456789ABCDEF');
    expect(only('text')).toEqual([shown.trim()]);
  },
  'node dist/cli.js api-key frontend': async () => {
    const cli = runCli(['api-key', 'frontend']);
    expect(await cli.ended).toBe(0);
    const entry = /frontend:[\da-f]{64}/.exec(cli.stdout())?.[0] ?? '';
    const { callers } = readConfig({ environment: { SANDBOX: 'true', AUTH: 'api-key', API_KEYS: entry } });
    expect(callers.auth).toMatchObject({ kind: 'api-key', keys: [{ name: 'frontend' }] });
  },
  'node dist/cli.js sandbox --port 4100 --people 1000': async () => {
    expect(await runCli(['sandbox', '--port', '0', '--people', '1000']).until('calls')).toContain(
      '1,000 made-up people',
    );
  },
};

describe('the README', () => {
  it.each(only('sh').filter((text) => !text.startsWith('curl')))('runs: %s', async (command) => {
    expect(Object.keys(COMMANDS)).toContain(command);
    await COMMANDS[command]?.();
  });

  it('shows the curl line that the gateway prints, and its answer', async () => {
    const [shown] = only('sh').filter((text) => text.startsWith('curl'));
    const banner = await runCli([], ANY_PORTS).until('curl');
    const printed = banner.match(/curl .*/)?.[0] ?? '';
    expect(printed.replace(/127\.0\.0\.1:\d+/, '127.0.0.1:4000')).toBe(shown);
    const { stdout } = await promisify(exec)(printed);
    expect([stdout]).toEqual(only('json'));
  });

  it.each(only('graphql'))('asks a query that answers without errors', async (text) => {
    const { query } = await gatewayWithSandbox();
    const { data, errors } = await query(text);
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({ usersByEmail: [{ name: 'Zhang San' }, null] });
  });

  it('shows settings that are complete', () => {
    expect(only('ini')).toHaveLength(1);
    const { upstream } = readConfig({ environment: parseEnv(only('ini')[0] ?? '') });
    expect(upstream.kind).toBe('real');
  });

  it('shows a program that runs as it stands on the built package', async () => {
    const folder = emptyFolder();
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(ROOT, join(folder, 'node_modules', 'lark-user-gateway'));
    writeFileSync(join(folder, 'program.mjs'), only('js')[0] ?? '');
    const { stdout } = await promisify(execFile)(process.execPath, ['program.mjs'], { cwd: folder });
    expect(stdout).toBe('Zhang San\n');
  });

  it('names files that exist', () => {
    const paths = [...README.matchAll(/\]\((?!http)([^)#]+)\)/g)].map(([, path]) => path ?? '');
    expect(paths.length).toBeGreaterThan(1);
    for (const path of paths) readFileSync(join(ROOT, path));
  });

  it('has a block in no language that this test does not run', () => {
    const known = ['sh', 'json', 'graphql', 'ini', 'text', 'mermaid', 'js'];
    expect(blocks.filter(({ language }) => !known.includes(language))).toEqual([]);
  });
});
