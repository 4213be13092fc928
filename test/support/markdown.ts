import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

export interface Block {
  readonly language: string;
  readonly text: string;
}

/** The pages that people read, by their paths from the root. */
export const pages: readonly string[] = [
  ...markdownIn('.'),
  ...markdownIn('docs'),
  'bench/README.md',
  'deploy/README.md',
  ...readdirSync(join(ROOT, 'examples'))
    .map((name) => `examples/${name}/README.md`)
    .filter((path) => existsSync(join(ROOT, path))),
];

export const readPage = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

const BLOCK = /^```(\w+)\n([\s\S]*?)^```/gm;

/** What a page shows in fences, in its order. */
export const blocksOf = (page: string): Block[] =>
  [...readPage(page).matchAll(BLOCK)].map(([, language = '', text = '']) => ({ language, text: text.trim() }));

export const proseOf = (page: string): string => readPage(page).replace(BLOCK, '');

/** Targets of links and pictures that are no address of another host. */
export const linksOf = (page: string): string[] =>
  [...proseOf(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, target = '']) => target);

/** The names of its headings, as GitHub makes them. */
export const anchorsOf = (page: string): string[] =>
  [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

function markdownIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}
