import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** Links of a page to tests, whose text is what such a test says. */
const proofsOf = (page: string) =>
  [...read(page).matchAll(/\[([^\]]+)\]\(([^)]+\.test\.ts)\)/g)].map(([, title = '', path = '']) => ({
    page,
    title,
    path: join(dirname(page), path),
  }));

it('every threat of SECURITY.md names a test that proves its default', () => {
  const threats = read('SECURITY.md')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (threat|---)/.test(line));
  expect(threats.length).toBeGreaterThan(15);
  expect(threats.filter((line) => !line.includes('](test/'))).toEqual([]);
});

it('docs/supergraph.md tells all fifteen features of the list', () => {
  const [, list = ''] = read('docs/supergraph.md').split('| feature |');
  expect(list.split('\n').filter((line) => /^\| [^-]/.test(line))).toHaveLength(15);
});

it.each(['SECURITY.md', 'docs/supergraph.md'].flatMap(proofsOf))('$page: $path has "$title"', ({ title, path }) => {
  expect(read(path).replaceAll("\\'", "'").toLowerCase()).toContain(title.toLowerCase());
});
