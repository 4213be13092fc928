import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { emptyFolder, runCli } from '../../../test/support/run-cli.ts';
import { ask } from '../src/gateway.ts';
import { UsersByEmailDocument } from '../src/generated/graphql.ts';
import { blocksOf, FOLDER, ROOT } from './readme.ts';

const CODEGEN = join(ROOT, 'node_modules', '.bin', 'graphql-codegen');

/** A project of somebody else, with this package installed, and the files of the README in it. */
function somebodysProject(): string {
  const folder = emptyFolder();
  mkdirSync(join(folder, 'node_modules'));
  // What they have installed, the generator too.
  symlinkSync(ROOT, join(folder, 'node_modules', 'lark-user-gateway'));
  for (const scope of ['@graphql-codegen', '@graphql-typed-document-node', 'graphql']) {
    symlinkSync(join(ROOT, 'node_modules', scope), join(folder, 'node_modules', scope));
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'codegen.yml'), blocksOf('yaml')[0] ?? '');
  mkdirSync(join(folder, 'src'));
  cpSync(join(FOLDER, 'src', 'gateway.ts'), join(folder, 'src', 'gateway.ts'));
  for (const [at, text] of blocksOf('graphql').entries()) writeFileSync(join(folder, 'src', `${at}.graphql`), text);
  return folder;
}

describe('a typed client of your own', () => {
  it('is generated from the schema in the package; its persisted documents are what TRUSTED_DOCUMENTS takes', async () => {
    const folder = somebodysProject();
    await promisify(execFile)(CODEGEN, ['--config', 'codegen.yml'], { cwd: folder });
    const path = join(folder, 'src', 'generated', 'persisted-documents.json');
    const persisted: Record<string, string> = JSON.parse(readFileSync(path, 'utf8'));
    expect(Object.values(persisted).map((text) => /query (\w+)/.exec(text)?.[1])).toEqual([
      'UsersByKey',
      'UsersByEmail',
      'UsersByOutId',
    ]);

    const gateway = runCli(['--port', '0', '--trusted-documents', path], { SANDBOX: 'true' });
    await gateway.until('/graphql');
    const url = /http:\S+\/graphql/.exec(gateway.stdout())?.[0] ?? '';
    const variables = { emails: ['zhangsan@example.com'] };
    expect(await ask(UsersByEmailDocument, variables, { url, sendsHashes: true })).toMatchObject({
      data: { usersByEmail: [{ nameEn: 'Zhang San' }] },
      extensions: { receipt: { upstreamCalls: 1 } },
    });
    expect(await ask(UsersByEmailDocument, variables, { url })).toMatchObject({
      errors: [{ extensions: { code: 'FORBIDDEN' } }],
    });
  });

  it('has the types that the README tells, with the call that it shows', async () => {
    const folder = somebodysProject();
    await promisify(execFile)(CODEGEN, ['--config', 'codegen.yml'], { cwd: folder });
    writeFileSync(join(folder, 'src', 'names.ts'), blocksOf('ts')[0] ?? '');
    const options = { strict: true, noEmit: true, target: 'es2022', module: 'esnext', moduleResolution: 'bundler' };
    const compilerOptions = { ...options, allowImportingTsExtensions: true, lib: ['es2022', 'dom'], types: [] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
    const { stdout } = await promisify(execFile)(join(ROOT, 'node_modules', '.bin', 'tsc'), { cwd: folder });
    expect(stdout).toBe('');
  });
});
