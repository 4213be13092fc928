import { describe, expect, it } from 'vitest';
import { blocksOf, linksOf, proseOf } from '../support/markdown.ts';

const ENGLISH = 'README.md';
const CHINESE = 'README.zh-CN.md';

const levelsOf = (page: string) => [...proseOf(page).matchAll(/^(#+) /gm)].map(([, marks]) => marks);
/** The rows of the table of figures, without words. */
const figuresOf = (page: string) =>
  [...proseOf(page).matchAll(/^\| [\d,]+ \|.*$/gm)].map(([row]) => row.match(/[\d.,]+/g));

describe('README.zh-CN.md', () => {
  it('shows the commands, queries and programs of the English one, in their order', () => {
    expect(blocksOf(ENGLISH).length).toBeGreaterThan(10);
    expect(blocksOf(CHINESE)).toEqual(blocksOf(ENGLISH));
  });

  it('has its sections, in their order, and its figures', () => {
    expect(levelsOf(CHINESE)).toEqual(levelsOf(ENGLISH));
    expect(figuresOf(ENGLISH)).toHaveLength(5);
    expect(figuresOf(CHINESE)).toEqual(figuresOf(ENGLISH));
  });

  it('leads to every file that the English one leads to, and each to the other', () => {
    const files = (page: string) => new Set(linksOf(page).map((link) => link.split('#')[0]));
    const [english, chinese] = [files(ENGLISH), files(CHINESE)];
    expect(english).toContain(CHINESE);
    expect(chinese).toContain(ENGLISH);
    const own = [CHINESE, ENGLISH, ''];
    expect([...english].filter((file) => !chinese.has(file) && !own.includes(file ?? ''))).toEqual([]);
  });
});
