// Carries out the Dockerfile as plain commands, from a clean folder and with the Node of its base image, and tries what comes out:
// as somebody who is not root, on files that nobody may write, with the commands of HEALTHCHECK and ENTRYPOINT as they stand.
// It is no container: the base image, and what the engine isolates, stay untried.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { buildStages } from './image/build-stages.mjs';
import { checkContents, sizeOf } from './image/check-contents.mjs';
import { readDockerfile } from './image/read-dockerfile.mjs';
import { tryImage } from './image/try-image.mjs';

const ROOT = join(import.meta.dirname, '..');
const [path = join(ROOT, 'Dockerfile')] = process.argv.slice(2);

try {
  await checkImage(readDockerfile(readFileSync(path, 'utf8')));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function checkImage(stages) {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-image-'));
  // Whoever runs the image has to get through to it.
  chmodSync(folder, 0o755);
  try {
    const tools = toolsWith(nodeOf(stages, folder));
    const image = buildStages(stages, { root: ROOT, folder, tools });
    const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
    checkContents(image, lock);
    const bytes = sizeOf(image.place);
    execFileSync('chmod', ['-R', 'a-w', image.place]);
    await tryImage(image, { path: tools.PATH, folder });
    process.stdout.write(`The image adds ${(bytes / 1e6).toFixed(1)} MB to ${image.image}.\n`);
  } finally {
    execFileSync('chmod', ['-R', 'u+w', folder]);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The Node that the base images bring, at a place where anybody may run it. */
function nodeOf(stages, folder) {
  const versions = new Set(stages.map(({ nodeVersion }) => nodeVersion));
  if (versions.size !== 1)
    throw new Error(`Dockerfile: expected one Node for all stages, got ${[...versions].join(', ')}.`);
  const args = ['-y', '-p', `node@${[...versions][0]}`, 'node', '-p', 'process.execPath'];
  const program = execFileSync('npx', args, { encoding: 'utf8' }).trim();
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  copyFileSync(program, join(bin, 'node'));
  chmodSync(join(bin, 'node'), 0o755);
  return bin;
}

/** Little of this machine: its programs behind that Node, and the way to the registry. */
function toolsWith(bin) {
  const kept = Object.entries(process.env).filter(
    // Under `npm run`, npm would install into the folder of this package.
    ([name]) =>
      /^(HOME|TMPDIR|LANG|npm_config_\w+|https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS)$/i.test(name) &&
      name !== 'npm_config_local_prefix',
  );
  return { ...Object.fromEntries(kept), PATH: `${bin}${delimiter}${process.env.PATH}` };
}
