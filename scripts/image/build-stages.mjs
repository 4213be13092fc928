import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import dockerignore from '@balena/dockerignore';

/**
 * Carries out the stages of a Dockerfile as plain commands: each stage is a folder, which stands for the root of its file system.
 * @param root the repository: only files that git knows, and .dockerignore lets through, are to be copied from it.
 * @param folder where the folders of the stages are made.
 * @param tools what commands run with besides ENV: PATH, and what npm needs on this machine.
 * @returns the last stage, with its folder and its ENV.
 */
export function buildStages(stages, { root, folder, tools }) {
  const context = contextOf(root);
  const built = [];
  for (const [index, stage] of stages.entries()) {
    const place = join(folder, stage.name ?? `stage-${index}`);
    mkdirSync(place);
    const state = { place, workdir: '/', env: {} };
    for (const step of stage.steps) carryOut(step, state, { root, context, built, tools });
    built.push({ ...stage, ...state });
  }
  return built.at(-1);
}

/** Where a path of the container is on this machine. */
export const placeOf = ({ place, workdir }, path = '.') => join(place, resolve(workdir, path));

function carryOut(step, state, { root, context, built, tools }) {
  if (step.kind === 'env') Object.assign(state.env, step.values);
  if (step.kind === 'workdir') {
    state.workdir = step.path;
    mkdirSync(placeOf(state), { recursive: true });
  }
  if (step.kind === 'run') {
    process.stdout.write(`RUN ${step.command}\n`);
    const options = { cwd: placeOf(state), env: { ...tools, ...state.env }, stdio: 'inherit' };
    execFileSync('/bin/sh', ['-c', step.command], options);
  }
  if (step.kind === 'copy') {
    const to = placeOf(state, step.to);
    mkdirSync(to, { recursive: true });
    for (const source of step.sources) {
      if (step.from === undefined) copyFromContext(source, to, { root, context });
      else copyFromStage(source, to, stageNamed(step.from, built));
    }
  }
}

function contextOf(root) {
  const known = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean);
  const ignored = dockerignore().add(readFileSync(join(root, '.dockerignore'), 'utf8'));
  // Deleted, but not yet committed: a builder would not see it either.
  return ignored.filter(known).filter((path) => existsSync(join(root, path)));
}

/** As a builder does it: a file by its name, of a folder what is in it. */
function copyFromContext(source, to, { root, context }) {
  const folder = source.endsWith('/') ? source : `${source}/`;
  const files = context.filter((path) => path === source || path.startsWith(folder));
  if (files.length === 0) throw new Error(`COPY ${source}: no file that git knows and .dockerignore lets through.`);
  for (const file of files) {
    const target = join(to, file === source ? basename(file) : relative(folder, file));
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(join(root, file), target);
  }
}

function copyFromStage(source, to, stage) {
  const path = join(stage.place, resolve('/', source));
  const target = statSync(path).isDirectory() ? to : join(to, basename(source));
  cpSync(path, target, { recursive: true, verbatimSymlinks: true });
}

function stageNamed(name, built) {
  const stage = built.find((one) => one.name === name);
  if (!stage) throw new Error(`COPY --from=${name}: there is no stage of this name above.`);
  return stage;
}
