import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const FOLDER = join(import.meta.dirname, '..');
export const ROOT = join(FOLDER, '..', '..');

export const read = (path: string): string => readFileSync(join(FOLDER, path), 'utf8').trim();

export const README = read('README.md');

/** The code of the README in this language, block by block. */
export const blocksOf = (language: string): string[] =>
  [...README.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, text]) => text?.trim() ?? '',
  );
