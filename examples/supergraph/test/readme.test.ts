import { exec, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FRONT_ENDS } from '../front-end.mjs';
import { costTable } from './figures.ts';

const FOLDER = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(`${FOLDER}${path}`, 'utf8').trim();
const README = read('README.md');
const blocksOf = (language: string) =>
  [...README.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, text]) => text?.trim() ?? '',
  );
const lines = blocksOf('sh').flatMap((block) => block.split('\n'));
const curls = lines.filter((line) => line.startsWith('curl'));

/** Runs what `npm run example:supergraph` runs, on free ports. It ends with the test at the latest. */
async function start(frontEnd: string) {
  const child = spawn(process.execPath, ['examples/supergraph/start.mjs', frontEnd, '--any-ports'], {
    cwd: `${FOLDER}../..`,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill();
    await ended;
  });
  let printed = '';
  for await (const text of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    printed += text as string;
    if (printed.includes('Ctrl-C')) break;
  }
  const portOf = (name: string) => new RegExp(`^ +${name} .*:(\\d+)/`, 'm').exec(printed)?.[1] ?? '';
  const ports: Record<string, string> = {
    4010: portOf(frontEnd),
    4011: portOf('people'),
    4012: portOf('comments'),
    4013: portOf('sandbox'),
  };
  return {
    child,
    printed,
    /** With ports of this run in place of those of the README. */
    here: (text: string) => text.replaceAll(/(?<=127\.0\.0\.1:)40\d\d/g, (port) => ports[port] ?? ''),
    async interrupt() {
      child.kill('SIGINT');
      const [code] = await ended;
      return code as number | null;
    },
  };
}
const shell = async (command: string) => (await promisify(exec)(command)).stdout;

describe('the README of the supergraph', () => {
  it.each(FRONT_ENDS)(
    'starts everything behind %s, prints a query and a curl line that works, ends on Ctrl-C',
    async (frontEnd) => {
      const { scripts } = JSON.parse(read('../../package.json'));
      expect(lines).toContain(`npm run example:supergraph -- ${frontEnd}`);
      expect(scripts['example:supergraph']).toBe('node examples/supergraph/start.mjs');

      const { printed, here, interrupt } = await start(frontEnd);
      expect(printed).toContain(read('query.graphql'));
      const curl = /^curl .*/m.exec(printed)?.[0] ?? '';
      expect(curl).toBe(here(curls[0] ?? ''));
      expect(JSON.parse(await shell(curl))).toMatchObject({
        data: { comments: [{ author: { name: '张三', status: 'ACTIVATED' } }, {}, {}] },
      });

      expect(await interrupt()).toBe(0);
      await expect(fetch(/http:\S+\/graphql/.exec(printed)?.[0] ?? '')).rejects.toThrow('fetch failed');
    },
  );

  it('shows what reached the user API, and health', async () => {
    const { here } = await start('stitching');
    const [ask = '', calls = '', health = '', readiness = ''] = curls.map(here);
    expect(curls).toHaveLength(4);
    await shell(ask);
    expect(JSON.parse(await shell(calls))).toMatchObject({ userQuery: 3, identifiers: 9 });
    expect(await shell(health)).toBe('200');
    expect(JSON.parse(await shell(readiness))).toMatchObject({ status: 'ready' });
  });

  it('says how to run its tests', () => {
    const { scripts } = JSON.parse(read('../../package.json'));
    expect(scripts['test:supergraph']).toContain('vitest run --mode supergraph');
    expect(lines.filter((line) => !line.startsWith('curl') && !line.includes('example:supergraph'))).toEqual([
      'npm run test:supergraph',
    ]);
  });

  it('refuses a front end that it does not have, with those that it has', async () => {
    const child = promisify(exec)(`"${process.execPath}" examples/supergraph/start.mjs cosmo`, {
      cwd: `${FOLDER}../..`,
    });
    await expect(child).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('apollo|hive|stitching') });
  });

  it('shows the query that is printed, and the stub of the comments', () => {
    const [query, stub] = blocksOf('graphql');
    expect(query).toBe(read('query.graphql'));
    expect(read('comments/sdl/comments.federation.graphql')).toContain(stub);
  });

  it('shows the code that stitches, as it is run here', () => {
    expect(blocksOf('js')).toEqual([read('front-ends/stitched-schema.mjs')]);
  });

  it('shows what the tests count', () => {
    expect(README).toContain(costTable());
  });

  it('names files that exist', () => {
    const paths = [...README.matchAll(/\]\((?!http)([^)#]+)\)/g)].map(([, path]) => path ?? '');
    expect(paths.length).toBeGreaterThan(5);
    for (const path of paths.filter((one) => one !== 'comments/sdl')) read(path);
  });

  it('tells the packages under the Elastic License', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { license?: string }> };
    const elastic = Object.entries(packages).filter(([, { license }]) => license?.startsWith('Elastic'));
    expect(elastic.map(([path]) => path.replace('node_modules/', ''))).toEqual([
      '@apollo/composition',
      '@apollo/federation-internals',
      '@apollo/gateway',
      '@apollo/query-graphs',
      '@apollo/query-planner',
    ]);
  });

  it('has every package locked to a version and its hash, and none may run code when it is installed', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { version?: string; integrity?: string }>;
    };
    const loose = Object.entries(packages).filter(([path, { version, integrity }]) => path && !(version && integrity));
    expect(loose).toEqual([]);
    expect(read('.npmrc')).toBe('ignore-scripts=true');
  });
});
