import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../support/markdown.ts';
import { ANY_PORTS, CLI, emptyFolder, runNpm } from '../support/run-cli.ts';

it('a supervisor that sends SIGTERM to npm start alone ends the gateway, in order', async () => {
  const folder = emptyFolder();
  // Without "prestart", which builds.
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ scripts: { start: scripts.start } }));
  symlinkSync(dirname(CLI), join(folder, 'dist'));
  const npm = runNpm(['start'], ANY_PORTS, folder);
  await npm.until('curl');
  npm.process.kill('SIGTERM');
  // Its standard output is closed when the gateway, which has inherited it, has ended as well.
  await npm.ended;
  expect(npm.stderr()).toContain('npm has ended: finishing what is in flight.');
  expect(npm.stderr()).toContain('"msg":"Stopped."');
});

it('a supervisor that ends npx ends the gateway, in order', async () => {
  const folder = emptyFolder();
  writeFileSync(join(folder, 'package.json'), '{}');
  mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true });
  writeFileSync(join(folder, 'node_modules', '.bin', 'lark-user-gateway'), `#!/bin/sh\nexec node '${CLI}' "$@"\n`, {
    mode: 0o755,
  });
  const npm = runNpm(['exec', '--no', 'lark-user-gateway'], ANY_PORTS, folder);
  await npm.until('curl');
  npm.process.kill('SIGTERM');
  await npm.ended;
  expect(npm.stderr()).toContain('"msg":"Stopped."');
});
