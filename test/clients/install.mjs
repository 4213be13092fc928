/** Installs what this folder needs, unless it is there already. Its `.npmrc` lets no package run code on the way. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

// npm writes this file last.
if (!existsSync(`${FOLDER}node_modules/.package-lock.json`)) {
  process.stdout.write('Installing the GraphQL clients, 170 MB. This is done once.\n');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: FOLDER, stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
