import { exec } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv, promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { gatewayWithSandbox } from '../support/gateway-with-sandbox.ts';
import { blocksOf, pages, ROOT } from '../support/markdown.ts';
import { mistakesOf } from '../support/mistakes-of.ts';
import { ANY_PORTS, runCli } from '../support/run-cli.ts';

/** Pages that a test of their own runs from top to bottom. */
const RUN_ELSEWHERE = new Set(['docs/rehearse-an-outage.md']);
const PAGES = pages.filter((page) => /^(docs\/|CONTRIBUTING)/.test(page) && !RUN_ELSEWHERE.has(page));
const blocks = PAGES.flatMap((page) => blocksOf(page).map((block, index) => ({ ...block, page, index })));
const of = (language: string) => blocks.filter((block) => block.language === language);

/** Commands that another test runs, with its file and what stands there. */
const RUN_BY: Record<string, readonly [file: string, says: string]> = {
  'npm ci && npm start': ['test/readme.test.ts', "'npm ci && npm start': async"],
  'node dist/cli.js init': ['test/cli/init.test.ts', "runCli(['init']"],
  'node dist/cli.js check': ['test/readme.test.ts', "'node dist/cli.js check': async"],
  'node dist/cli.js api-key frontend': ['test/readme.test.ts', "'node dist/cli.js api-key frontend': async"],
  'node dist/cli.js forget --email zhangsan@example.com': [
    'test/cli/forget.test.ts',
    "blocksOf('docs/operations.md').find(({ text }) => text.includes(' forget '))",
  ],
  'REDIS_URL=redis://127.0.0.1:6379 node dist/cli.js': ['test/redis/serve.test.ts', 'REDIS_URL: url'],
  'WORKERS=2 node dist/cli.js': ['test/workers/serve.test.ts', "runCli([], { ...ANY_PORTS, WORKERS: '2'"],
  'OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 node --import ./tracing.mjs dist/cli.js': [
    'test/docs/operations.test.ts',
    "['node', '--import', './tracing.mjs', 'dist/cli.js']",
  ],
  // Its steps are compared below.
  'npm ci && npm run check': ['.ci/run', 'npm ci\n'],
};
const scriptsOf = (): Record<string, string> =>
  JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts as Record<string, string>;

/** Runs a curl line against a gateway that has just got ready, on a port that is free here. */
async function answerTo(curl: string): Promise<string> {
  const banner = await runCli([], ANY_PORTS).until('curl');
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(banner)?.[0] ?? '';
  await expect.poll(async () => (await fetch(`${url}/readiness`)).status).toBe(200);
  return (await promisify(exec)(curl.replace('http://127.0.0.1:4000', url))).stdout;
}

describe('what the pages of docs/ show', () => {
  const curls = of('sh').filter(({ text }) => text.startsWith('curl'));
  const downloads = curls.filter(({ text }) => text.endsWith('/schema.graphql'));

  it.each(curls.filter((block) => !downloads.includes(block)))(
    '$page asks, and shows the answer: block $index',
    async ({ text, page, index }) => {
      const next = blocksOf(page)[index + 1];
      expect(next?.language).toBe('json');
      expect(JSON.parse(await answerTo(text))).toMatchObject(JSON.parse(next?.text ?? ''));
    },
  );

  it.each(downloads)('$page gets the schema', async ({ text }) => {
    expect(await answerTo(text)).toBe(readFileSync(join(ROOT, 'schema.graphql'), 'utf8'));
  });

  it.each(of('sh').filter(({ text }) => !text.startsWith('curl')))('$page: another test runs $text', ({ text }) => {
    expect(Object.keys(RUN_BY)).toContain(text);
    const [file = '', says = ''] = RUN_BY[text] ?? [];
    expect(readFileSync(join(ROOT, file), 'utf8')).toContain(says);
  });

  it('npm run check is made of what CI runs', () => {
    const ci = readFileSync(join(ROOT, '.ci', 'run'), 'utf8');
    for (const step of scriptsOf().check?.split(' && ') ?? []) expect(ci).toContain(step);
  });

  it.each(of('graphql'))('$page: a query that is answered without errors', async ({ text }) => {
    const { query } = await gatewayWithSandbox();
    const { data, errors } = await query(text, { keys: ['7000000000000000001'] });
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({ users: [{ nameEn: 'Zhang San', status: 'ACTIVATED' }] });
  });

  it.each(PAGES.filter((page) => blocksOf(page).some(({ language }) => language === 'ini')))(
    '%s: settings that are complete, put together',
    (page) => {
      const settings = blocksOf(page).filter(({ language }) => language === 'ini');
      const shown = settings.map(({ text }) => text).join('\n');
      // What is to be filled in, such as the hash of a key.
      const filled = shown.replace(/<[^>]+>/g, 'a'.repeat(64));
      const { upstream } = readConfig({ environment: parseEnv(filled) });
      expect(upstream.kind).toBe('real');
      expect(mistakesOf({ environment: parseEnv(shown) })).toHaveLength(filled === shown ? 0 : 1);
    },
  );

  it('is in no language that this test does not run', () => {
    const known = ['sh', 'json', 'graphql', 'ini', 'mermaid'];
    const runsElsewhere = ({ page, language }: (typeof blocks)[number]) =>
      (page === 'docs/operations.md' && ['js', 'yaml'].includes(language)) ||
      // Run by test/clients/client-caching.test.ts, which needs the clients.
      (page === 'docs/client-caching.md' && language === 'js');
    expect(blocks.filter((block) => !known.includes(block.language) && !runsElsewhere(block))).toEqual([]);
  });
});
