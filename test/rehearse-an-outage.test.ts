import { exec } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { type RunningCli, runCli } from './support/run-cli.ts';

const PAGE = readFileSync(join(import.meta.dirname, '..', 'docs', 'rehearse-an-outage.md'), 'utf8');
const blocks = [...PAGE.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].map(([, language, text]) => ({
  language,
  text: (text ?? '').trim(),
}));

/** Ports of the page, and those that are free here. */
const ports = new Map<string, string>();
const here = (text: string) => [...ports].reduce((all, [port, free]) => all.replaceAll(`:${port}`, `:${free}`), text);
const portOf = async (cli: RunningCli, text: string) => (await cli.until(text)).match(/127\.0\.0\.1:(\d+)/)?.[1] ?? '';

it('docs/rehearse-an-outage.md runs from top to bottom, and shows what people will see', async () => {
  let output = '';
  const shown: [unknown, object][] = [];
  for (const { language, text } of blocks) {
    if (language === 'json') {
      shown.push([JSON.parse(output), JSON.parse(text)]);
    } else if (text.startsWith('node dist/cli.js sandbox')) {
      const flags = text.split(' ').slice(2).join(' ').replace('--port 4100', '--port 0');
      const sandbox = runCli(flags.split(' '));
      const port = await portOf(sandbox, '_sandbox/calls');
      if (!ports.has('4100')) ports.set('4100', port);
    } else if (text.startsWith('LARK_BASE_URL')) {
      const settings = text.split(' ').filter((word) => word.includes('='));
      const environment = Object.fromEntries(settings.map((word) => here(word).split(/=(.*)/)));
      ports.set('4000', await portOf(runCli([], { ...environment, PORT: '0' }), 'User API'));
    } else {
      // "After more than a second", says the page.
      if (text.includes('x-lookup-receipt')) await sleep(1_100);
      output = (await promisify(exec)(here(text))).stdout;
    }
  }
  expect(shown).toHaveLength(3);
  for (const [seen, told] of shown) expect(seen).toMatchObject(told);
});
