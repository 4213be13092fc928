import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

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

  it('every direct dependency is pinned to one version', () => {
    const { dependencies, devDependencies } = read('package.json');
    const ranges = Object.entries<string>({ ...dependencies, ...devDependencies });
    expect(ranges.filter(([, range]) => !/^\d+\.\d+\.\d+$/.test(range))).toEqual([]);
  });
});
