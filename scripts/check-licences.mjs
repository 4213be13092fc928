// Lists the licences of all packages that the product needs, from the lock file, and fails on one that is not in this list.
import { readFileSync } from 'node:fs';

/** Kinds that ask for no more than to be named. The Elastic licence, which @apollo/subgraph brings in, is none of them. */
const FINE = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
]);

const [lockFile = 'package-lock.json'] = process.argv.slice(2);
const { packages } = JSON.parse(readFileSync(lockFile, 'utf8'));
/** @type {Map<string, string[]>} */
const byLicence = new Map();
for (const [path, { license = 'none told', dev, devOptional }] of Object.entries(packages)) {
  if (path === '' || dev || devOptional) continue;
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  byLicence.set(license, [...(byLicence.get(license) ?? []), name]);
}

for (const [licence, names] of [...byLicence].toSorted(([a], [b]) => a.localeCompare(b))) {
  process.stdout.write(`${licence.padEnd(14)} ${String(names.length).padStart(3)}  ${names.join(', ')}\n`);
}
const strange = [...byLicence].filter(([licence]) => !FINE.has(licence));
for (const [licence, names] of strange) {
  process.stderr.write(`Not a licence that the product may bring in: ${licence}, of ${names.join(', ')}.\n`);
}
if (byLicence.size === 0 || strange.length > 0) process.exitCode = 1;
