import { exec, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { blocksOf, FOLDER, README, ROOT, read } from './readme.ts';

const lines = blocksOf('sh').flatMap((block) => block.split('\n'));

/** Runs a command, as people do, until it has printed this. It ends with the test at the latest. */
async function start(
  command: string,
  args: string[],
  until: RegExp,
  options: { cwd: string; env?: NodeJS.ProcessEnv },
) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill();
    await ended;
  });
  let printed = '';
  for await (const text of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    printed += text as string;
    if (until.test(printed)) break;
  }
  return {
    printed,
    async interrupt() {
      child.kill('SIGINT');
      const [code] = await ended;
      return code as number | null;
    },
  };
}
const startExample = () =>
  start(process.execPath, ['examples/frontend/start.mjs', '--any-ports'], /Ctrl-C/, { cwd: ROOT });
const addressOf = (printed: string, name: string) =>
  new RegExp(`^ +${name} +(http://[^/]+)/`, 'm').exec(printed)?.[1] ?? '';
const shell = async (command: string, cwd = FOLDER) => (await promisify(exec)(command, { cwd })).stdout;
const askPage = (page: string, query: string) =>
  fetch(`${page}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  }).then((response) => response.json());

describe('the README of the frontend', () => {
  it('starts everything, shows trouble on demand, and ends on Ctrl-C', async () => {
    const { scripts } = JSON.parse(read('../../package.json'));
    expect(scripts['example:frontend']).toBe('node examples/frontend/start.mjs');
    const { printed, interrupt } = await startExample();
    const [page, sandbox] = [addressOf(printed, 'page'), addressOf(printed, 'sandbox')];
    expect(await (await fetch(page)).text()).toContain('<div id="root">');
    expect(await askPage(page, '{ user(key: "7000000000000000001") { name } }')).toEqual({
      data: { user: { name: '张三' } },
    });

    const [trouble = '', end = ''] = lines
      .filter((line) => line.startsWith('curl'))
      .map((line) => line.replace('http://127.0.0.1:4022', sandbox));
    await shell(trouble);
    const spoilt = '{ user(key: "7000000000000000005") { name } }';
    expect(await askPage(page, spoilt)).toMatchObject({ errors: [{ extensions: { code: 'UPSTREAM_REJECTED' } }] });
    await shell(end);
    expect(JSON.parse(await shell(`curl -s ${sandbox}/_sandbox/faults`))).toMatchObject({ on: [] });

    expect(await interrupt()).toBe(0);
    await expect(fetch(page)).rejects.toThrow('fetch failed');
  });

  it('tells the ports', () => {
    expect(read('start.mjs')).toContain('{ page: 4020, gateway: 4021, sandbox: 4022 }');
    expect(README).toContain('<http://127.0.0.1:4020/>');
  });

  it('shows a page in front of a gateway that runs elsewhere', async () => {
    expect(lines).toContain('cd examples/frontend && GATEWAY_URL=http://127.0.0.1:4000 npm run dev');
    const { printed } = await startExample();
    const env = { ...process.env, GATEWAY_URL: addressOf(printed, 'gateway'), NO_COLOR: '1' };
    const vite = await start('node_modules/.bin/vite', ['--port', '0'], /Local: +http\S+/, { cwd: FOLDER, env });
    const page = /Local: +(http\S+?)\/$/m.exec(vite.printed)?.[1] ?? '';
    expect(await askPage(page, '{ user(key: "7000000000000000001") { name } }')).toEqual({
      data: { user: { name: '张三' } },
    });
  });

  it('builds with an address of a gateway in it', async () => {
    const line = lines.find((one) => one.includes('VITE_GATEWAY')) ?? '';
    onTestFinished(() => rmSync(join(FOLDER, 'dist'), { recursive: true, force: true }));
    await shell(line, ROOT);
    expect(await shell('grep -l https://people.example.com/graphql dist/assets/*.js')).toMatch(/index-.*\.js/);
  });

  it('shows the settings of the generator as they are here, but for where the files are', () => {
    const [shown = ''] = blocksOf('yaml');
    const here = read('codegen.yml').replace(/^#.*\n/, '');
    expect(
      shown
        .replace('node_modules/lark-user-gateway/schema.graphql', '../../schema.graphql')
        .replace('src/**/*.graphql', 'src/operations/*.graphql'),
    ).toBe(here);
  });

  it('shows the fragment and the operations as they are here', () => {
    const names = ['user-card', 'users-by-key', 'users-by-email', 'users-by-out-id'];
    expect(blocksOf('graphql')).toEqual(names.map((name) => read(`src/operations/${name}.graphql`)));
  });

  it('names files that exist', () => {
    const paths = [...README.matchAll(/\]\((?!http)([^)#]+)\)/g)].map(([, path]) => path ?? '');
    expect(paths.length).toBeGreaterThan(5);
    expect(paths.filter((path) => !existsSync(join(FOLDER, path)))).toEqual([]);
  });

  it('has every command in a test', () => {
    expect(lines).toEqual([
      'npm run example:frontend',
      expect.stringMatching(/^curl .*poison/),
      expect.stringMatching(/^curl .*DELETE/),
      expect.stringContaining('npm run dev'),
      expect.stringContaining('npm run build'),
      // In test/codegen.test.ts.
      'node dist/cli.js --trusted-documents ../frontend/src/generated/persisted-documents.json',
      'npm run test:frontend',
    ]);
    expect(JSON.parse(read('../../package.json')).scripts['test:frontend']).toContain('vitest run --mode frontend');
    expect(JSON.parse(read('package.json')).scripts).toEqual({ dev: 'vite', build: 'vite build' });
  });

  it('tells the licences that are not MIT and the like', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { license?: string }> };
    const simple = /^(MIT|ISC|0BSD|Apache-2\.0|BSD-[23]-Clause)$/;
    const others = Object.entries(packages).filter(([, { license }]) => !simple.test(license ?? ''));
    expect(new Set(others.map(([, { license }]) => license))).toEqual(new Set(['MPL-2.0']));
    expect(new Set(others.map(([path]) => path.replace(/^node_modules\/(lightningcss)?.*?$/, '$1')))).toEqual(
      new Set(['', 'lightningcss']),
    );
  });

  it('has every package locked to a version and its hash, and none may run code when it is installed', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { version?: string; integrity?: string; hasInstallScript?: boolean }>;
    };
    const entries = Object.entries(packages).filter(([path]) => path !== '');
    expect(entries.filter(([, { version, integrity }]) => !(version && integrity))).toEqual([]);
    expect(read('.npmrc')).toBe('ignore-scripts=true');
  });
});
