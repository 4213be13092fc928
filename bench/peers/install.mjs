/**
 * Installs the other servers, unless they are there already. Its `.npmrc` lets no package run code on the way. Where it fails
 * the benchmark goes on without them, and says so.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

// npm writes this file last.
if (!existsSync(`${FOLDER}node_modules/.package-lock.json`)) {
  process.stdout.write('Installing the other servers, 600 MB. This is done once.\n');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: FOLDER, stdio: 'inherit' });
  if (status !== 0) process.stdout.write('They could not be installed: the benchmark goes on without them.\n');
}
