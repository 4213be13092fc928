import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const page = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8');
const proofs = [...page.matchAll(/\[([^\]]+)\]\((test\/[^)]+)\)/g)].map(([, title = '', path = '']) => ({
  title,
  path,
}));
const threats = page.split('\n').filter((line) => line.startsWith('| ') && !/^\| (threat|---)/.test(line));

it('every threat of SECURITY.md names a test that proves its default', () => {
  expect(threats.length).toBeGreaterThan(15);
  expect(threats.filter((line) => !line.includes('](test/'))).toEqual([]);
});

it.each(proofs)('$path has what proves it: $title', ({ title, path }) => {
  const source = readFileSync(join(ROOT, path), 'utf8').replaceAll("\\'", "'");
  expect(source.toLowerCase()).toContain(title.toLowerCase());
});
