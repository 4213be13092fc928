import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { blocksOf, ROOT, readPage } from '../support/markdown.ts';
import { emptyFolder } from '../support/run-cli.ts';

/** Checks a program against the built package, as strictly as TypeScript can. @returns what is wrong with it. */
async function mistakesOf(program: string): Promise<string> {
  const folder = emptyFolder();
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules', 'lark-user-gateway'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'program.ts'), program);
  const strict = ['--strict', '--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes'];
  // As most projects have it: types of Yoga's packages want more than this version of the language.
  const types = ['--skipLibCheck', '--types', 'node', '--typeRoots', join(ROOT, 'node_modules', '@types')];
  const args = [...strict, ...types, '--noEmit', '--module', 'nodenext', '--target', 'es2023', 'program.ts'];
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const ran = promisify(execFile)(process.execPath, [tsc, ...args], { cwd: folder });
  return ran.then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  );
}

describe('the program of the README', () => {
  const program = blocksOf('README.md').find(({ language }) => language === 'js')?.text ?? '';

  it('compiles as TypeScript, as it stands', async () => {
    expect(program).toContain('gateway.directory.lookup(');
    expect(await mistakesOf(program)).toBe('');
  });

  it('would not compile if it took every result for a person', async () => {
    const careless = program.replace('person?.nameEn', 'person.nameEn');
    expect(await mistakesOf(careless)).toContain("'person' is possibly");
  });
});

it('docs/library.md has the options as their docstrings tell them', async () => {
  const { optionsTables } = await import(join(ROOT, 'scripts', 'options-tables.mjs'));
  const names: string[] = [];
  optionsTables((_head: string[], rows: string[][]) => names.push(...rows.map(([name = '']) => name)));
  expect(names).toContain('`callsPerSecond`');
  const page = readPage('docs/library.md');
  const shown = [...page.matchAll(/^\| (`\w+`) \| (?:`[^`]+`|\[\w+\]\(#\w+\)) \|/gm)].map(([, name]) => name);
  expect(shown).toEqual(names);
});
