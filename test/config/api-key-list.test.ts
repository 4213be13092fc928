import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseApiKeys } from '../../src/config/callers.ts';
import { readConfig } from '../../src/config/config.ts';
import { emptyFolder } from '../support/run-cli.ts';

const HASH = 'a'.repeat(64);

function parsed(text: string) {
  const mistakes: string[] = [];
  return { names: parseApiKeys(text, mistakes).map(({ name }) => name), mistakes };
}

describe('a file of API keys', () => {
  it('has an entry in each line, or several; empty lines and lines that begin with # count for nothing', () => {
    const text = [
      '# who asks, and since when',
      `web:${HASH}`,
      '',
      `  # old:${HASH}, older:${HASH}`,
      `a:${'b'.repeat(64)}, b:${'c'.repeat(64)};scopes=email:read`,
      '',
    ].join('\r\n');
    expect(parsed(text)).toEqual({ names: ['web', 'a', 'b'], mistakes: [] });
  });

  it('tells mistakes by their lines, comments and empty lines counted, and repeats nothing of them', () => {
    const { names, mistakes } = parsed(`# keys\n\nweb:${HASH}\nlug_in-clear\n\nx:${'b'.repeat(64)};other=1`);
    expect(names).toEqual(['web', 'x']);
    expect(mistakes).toEqual([
      expect.stringMatching(/^API_KEYS: line 4: expected name:sha256/),
      'API_KEYS: line 6 ("x"): expected scopes=… or tenants=… behind a semicolon.',
    ]);
    expect(mistakes.join()).not.toContain('in-clear');
  });

  it('is no list where all of it is comments', () => {
    expect(parsed(`# web:${HASH}`).mistakes).toEqual([
      'API_KEYS: expected at least one name:sha256, got an empty list.',
    ]);
  });

  it('is named by API_KEYS_FILE', () => {
    const API_KEYS_FILE = join(emptyFolder(), 'api-keys');
    writeFileSync(API_KEYS_FILE, `# of the frontend\nfrontend:${HASH}\n`);
    const { callers } = readConfig({ environment: { SANDBOX: 'true', AUTH: 'api-key', API_KEYS_FILE } });
    expect(callers.auth).toMatchObject({ kind: 'api-key', keys: [{ name: 'frontend', sha256: HASH }] });
  });
});
