import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { anchorsOf, linksOf, pages, ROOT, readPage } from '../support/markdown.ts';

it('finds the pages and their links', () => {
  expect(pages.length).toBeGreaterThan(12);
  expect(pages.flatMap(linksOf).length).toBeGreaterThan(60);
});

it.each(pages)('every link of %s leads to a file, and to a heading of it', (page) => {
  const broken = linksOf(page).filter((link) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : join(dirname(page), path);
    if (!existsSync(join(ROOT, target))) return true;
    return anchor !== undefined && !anchorsOf(target).includes(anchor);
  });
  expect(broken).toEqual([]);
});

it('what the pages of the tarball lead to is in it, or in the repository, as the README says', () => {
  const { files } = JSON.parse(readPage('package.json')) as { files: string[] };
  const packed = new Set([...files, 'package.json', 'LICENSE', 'README.md', 'README.zh-CN.md']);
  const [, told = ''] =
    /((?:`[^`]+`(?:,\s|\sand\s|\s))+)are only in the repository\./.exec(readPage('README.md')) ?? [];
  const elsewhere = new Set([...told.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ''));
  expect(elsewhere.size).toBeGreaterThan(3);
  const inTarball = pages.filter((page) => packed.has(page.split('/')[0] ?? ''));
  const targets = inTarball.flatMap((page) =>
    linksOf(page).map((link) => join(dirname(page), link.split('#')[0] ?? '')),
  );
  const tops = new Set(targets.map((target) => target.split('/')[0] ?? '').filter((top) => top !== '.'));
  expect([...tops].filter((top) => !packed.has(top) && !elsewhere.has(top) && !inTarball.includes(top))).toEqual([]);
});

it('every page of docs/ can be reached from the README', () => {
  const seen = new Set(['README.md']);
  // A set goes on over what is added meanwhile.
  for (const page of seen) {
    for (const link of linksOf(page)) {
      const [path = ''] = link.split('#');
      if (path.endsWith('.md')) seen.add(join(dirname(page), path));
    }
  }
  expect(pages.filter((page) => page !== 'CHANGELOG.md' && !seen.has(page))).toEqual([]);
});
