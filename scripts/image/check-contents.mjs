import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { placeOf } from './build-stages.mjs';

/** What has to be there: to run, to ask, and to be passed on. */
const NEEDED = [
  'package.json',
  'LICENSE',
  'README.md',
  'CHANGELOG.md',
  'schema.graphql',
  'dist/cli.js',
  'dist/index.js',
];
/** The first few tell what is wrong. */
const MOST_TOLD = 10;

/**
 * Looks at what the last stage ships: all that the package does, and neither a tool of its developers, nor a test, nor a source.
 * @throws Error that names what is missing or too much.
 */
export function checkContents(image, { packages }) {
  const home = placeOf(image);
  const missing = NEEDED.filter((path) => !existsSync(join(home, path))).map((path) => `${path} is missing`);
  const dependencies = Object.entries(packages).filter(([path]) => path !== '');
  const isDev = ({ dev, devOptional }) => dev || devOptional;
  const tools = dependencies
    .filter(([path, locked]) => isDev(locked) && existsSync(join(home, path)))
    .map(([path]) => `${path} is only for developers`);
  const absent = dependencies
    .filter(([path, locked]) => !isDev(locked) && !locked.optional && !existsSync(join(home, path)))
    .map(([path]) => `${path} is needed, and missing`);
  const mistakes = [...missing, ...tools, ...absent, ...strangeFiles(image.place), ...beyondThePackage(home)];
  if (mistakes.length === 0) return;
  const more = mistakes.length > MOST_TOLD ? [`and ${mistakes.length - MOST_TOLD} more`] : [];
  throw new Error(`The image:\n${[...mistakes.slice(0, MOST_TOLD), ...more].map((line) => `  - ${line}\n`).join('')}`);
}

/** @returns bytes of all files below. */
export const sizeOf = (folder) => filesOf(folder).reduce((sum, path) => sum + lstatSync(join(folder, path)).size, 0);

const filesOf = (folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => !lstatSync(join(folder, path)).isDirectory(),
  );

function strangeFiles(place) {
  const isOurs = (path) => !path.split(sep).includes('node_modules');
  return filesOf(place).flatMap((path) => {
    if (/\.map$|\.[cm]?ts$/.test(path) && !(isOurs(path) && path.endsWith('.d.ts')))
      return [`${path} is for developers`];
    if (path.split(sep).some((name) => name === '.git' || name.startsWith('.env'))) return [`${path} may tell secrets`];
    // Packages of others may ship their tests; they are not known by their names alone.
    return isOurs(path) && /(^|[/\\])tests?[/\\]|\.test\./.test(path) ? [`${path} is a test`] : [];
  });
}

/** Beside node_modules stands what `files` of package.json names, and what npm adds by itself. */
function beyondThePackage(home) {
  const { files } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  const known = new Set([...files, 'node_modules', 'package.json', 'LICENSE', 'README.md', 'README.zh-CN.md']);
  return readdirSync(home)
    .filter((name) => !known.has(name))
    .map((name) => `${name} is not in the package`);
}
