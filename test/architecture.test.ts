import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '..', 'src');

/** What each room of `src/` may import, besides itself. The order is a request's way. */
const MAY_IMPORT: Record<string, string[]> = {
  'errors.ts': [],
  'lookup-kinds.ts': [],
  'text-file.ts': [],
  telemetry: ['lookup-kinds.ts', 'errors.ts'],
  policies: ['errors.ts', 'telemetry'],
  upstream: ['lookup-kinds.ts', 'policies', 'errors.ts', 'telemetry'],
  directory: ['lookup-kinds.ts', 'upstream', 'policies', 'errors.ts', 'telemetry'],
  schema: ['lookup-kinds.ts', 'directory', 'upstream', 'policies', 'errors.ts', 'telemetry'],
  http: ['schema', 'directory', 'upstream', 'policies', 'errors.ts', 'telemetry'],
  sandbox: ['text-file.ts'],
  'gateway-options.ts': ['redis', 'http', 'directory', 'upstream', 'policies', 'telemetry'],
  options: ['gateway-options.ts', 'http', 'redis'],
  'shared-state.ts': ['directory', 'upstream', 'policies'],
  redis: ['lookup-kinds.ts', 'shared-state.ts', 'directory', 'upstream', 'policies', 'errors.ts', 'telemetry'],
  'gateway-http.ts': [
    'gateway-options.ts',
    'shared-state.ts',
    'http',
    'directory',
    'upstream',
    'policies',
    'errors.ts',
    'telemetry',
  ],
  'gateway.ts': [
    'gateway-http.ts',
    'gateway-options.ts',
    'shared-state.ts',
    'redis',
    'options',
    'http',
    'schema',
    'directory',
    'upstream',
    'policies',
    'errors.ts',
    'telemetry',
  ],
  workers: ['shared-state.ts', 'directory', 'upstream', 'policies', 'telemetry'],
  config: ['gateway-options.ts', 'http', 'schema', 'upstream', 'redis', 'text-file.ts'],
  cli: [
    'config',
    'schema',
    'gateway.ts',
    'gateway-options.ts',
    'shared-state.ts',
    'workers',
    'http',
    'upstream',
    'sandbox',
    'errors.ts',
    'telemetry',
    'text-file.ts',
  ],
  'cli.ts': ['cli', 'config'],
  'index.ts': [
    'lookup-kinds.ts',
    'redis',
    'gateway.ts',
    'gateway-options.ts',
    'http',
    'directory',
    'upstream',
    'sandbox',
    'errors.ts',
    'telemetry',
  ],
};

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const roomOf = (file: string) => file.split(sep)[0] ?? file;
const imports = new Map(files.map((file) => [file, readImports(file)]));
const importsOf = (file: string) => imports.get(file) ?? [];

function readImports(file: string): string[] {
  return [...readFileSync(join(SRC, file), 'utf8').matchAll(/(?:from|import)\s*\(?'(\.[^']+)'/g)].map(([, path]) =>
    relative(SRC, join(SRC, dirname(file), path ?? '')),
  );
}

describe('the shape of src/', () => {
  it('imports run in one direction only', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => roomOf(target) !== roomOf(file) && !MAY_IMPORT[roomOf(file)]?.includes(roomOf(target)))
        .map((target) => `${file} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('every file is in a room that this test knows', () => {
    expect(files.filter((file) => !(roomOf(file) in MAY_IMPORT))).toEqual([]);
  });

  it('no file is in a cycle of imports, types included', () => {
    const reaches = (file: string, goal: string, seen: Set<string>): boolean =>
      importsOf(file).some((target) => {
        if (target === goal) return true;
        return !seen.has(target) && reaches(target, goal, seen.add(target));
      });
    expect(files.filter((file) => reaches(file, file, new Set()))).toEqual([]);
  });

  it('no file holds more than 350 lines', () => {
    const long = files.filter((file) => readFileSync(join(SRC, file), 'utf8').split('\n').length > 351);
    expect(long).toEqual([]);
  });

  it('only text-file.ts reads files, but for the manifest of the package', () => {
    const reading = files.filter((file) => /\breadFile|createReadStream/.test(readFileSync(join(SRC, file), 'utf8')));
    expect(reading.toSorted()).toEqual(['cli.ts', join('telemetry', 'metrics.ts'), 'text-file.ts']);
  });

  it('no module keeps state of its own', () => {
    const mutable = files.filter((file) => /^(export )?let /m.test(readFileSync(join(SRC, file), 'utf8')));
    expect(mutable).toEqual([]);
  });

  it('libraries that are loaded as CommonJS, or in part, are not loaded in another way as well', () => {
    const whole =
      /^import (?!type )[^;]*from '(?:graphql-yoga|@graphql-yoga\/.*|@whatwg-node\/.*|@pothos\/core|undici)';/m;
    expect(files.filter((file) => whole.test(readFileSync(join(SRC, file), 'utf8')))).toEqual([]);
  });
});
