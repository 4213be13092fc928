import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { envTemplate } from '../../src/cli/init.ts';
import { pages, ROOT, readPage } from '../support/markdown.ts';

/** What people copy from: pages, files of deployments, and what `init` writes. */
const TEXTS: readonly (readonly [path: string, text: string])[] = [
  ...[...pages, 'compose.yaml', 'Dockerfile'].map((path) => [path, readPage(path)] as const),
  ...readdirSync(join(ROOT, 'deploy'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !join(entry.parentPath, entry.name).includes(join('deploy', 'secrets')))
    .map(({ parentPath, name }) => [name, readFileSync(join(parentPath, name), 'utf8')] as const),
  ['.env of init', envTemplate()],
];

describe('examples cannot be used as they stand', () => {
  it.each(TEXTS)('%s has no API key, and no entry of one', (_, text) => {
    expect(text.match(/\blug_[\w-]{43}\b|(?<!sha256)[:=][\da-f]{64}\b/gi)).toBeNull();
  });

  it.each(TEXTS)('%s has no secret but words that say where it comes from', (_, text) => {
    const secrets = text.matchAll(/^[ #-]*(?:\w*(?:SECRET|PASSWORD|ENCRYPTION_KEY)|REDIS_URL)[ \t]*[=:][ \t]*(\S+)/gm);
    const values = [...secrets].map(([, value = '']) => value);
    expect(values.filter((value) => !PLACEHOLDERS.has(value))).toEqual([]);
  });
});

const PLACEHOLDERS = new Set([
  'the-secret-from-the-developer-console',
  'redis://valkey:6379',
  'redis://127.0.0.1:6379',
]);
