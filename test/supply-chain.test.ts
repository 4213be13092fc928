import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emptyFolder } from './support/run-cli.ts';

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly hasInstallScript?: boolean;
}

const ROOT = join(import.meta.dirname, '..');
const read = (file: string) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
const locked = Object.entries<LockedPackage>(read('package-lock.json').packages).filter(([path]) => path !== '');
const needed = locked.filter(([, { dev, devOptional }]) => !dev && !devOptional);

describe('the supply chain', () => {
  it('no package that the product needs runs code when it is installed', () => {
    expect(needed.length).toBeGreaterThan(20);
    expect(needed.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path)).toEqual([]);
  });

  it('every package is locked to a version and its hash', () => {
    expect(locked.filter(([, { version, integrity }]) => !version || !integrity).map(([path]) => path)).toEqual([]);
  });

  it('a licence that the product may not bring in fails the check, and is named', () => {
    const lock = join(emptyFolder(), 'package-lock.json');
    const packages = { 'node_modules/a': { license: 'MIT' }, 'node_modules/@b/c': { license: 'Elastic-2.0' } };
    const check = (content: unknown) => {
      writeFileSync(lock, JSON.stringify({ packages: content }));
      return spawnSync(process.execPath, ['scripts/check-licences.mjs', lock], { cwd: ROOT, encoding: 'utf8' });
    };
    expect(check({ 'node_modules/a': packages['node_modules/a'] }).status).toBe(0);
    expect(check(packages)).toMatchObject({ status: 1, stderr: expect.stringContaining('Elastic-2.0, of @b/c') });
  });

  it('every direct dependency is pinned to one version', () => {
    const { dependencies, devDependencies } = read('package.json');
    const ranges = Object.entries<string>({ ...dependencies, ...devDependencies });
    expect(ranges.filter(([, range]) => !/^\d+\.\d+\.\d+$/.test(range))).toEqual([]);
  });
});
