import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DockerfileParser, type From } from 'dockerfile-ast';
import { describe, expect, it } from 'vitest';
import { imageEnvironment, isPinned, lastStage, readText, unknownSettings } from '../support/deployment.ts';
import { ROOT } from '../support/markdown.ts';
import { emptyFolder } from '../support/run-cli.ts';

const instructions = DockerfileParser.parse(readText('Dockerfile')).getInstructions();
const copies = instructions
  .filter((instruction) => instruction.getKeyword() === 'COPY' && !instruction.toString().includes('--from'))
  .flatMap((instruction) => instruction.getArguments().slice(0, -1))
  .map((argument) => argument.getValue());
const copied = [...new Set(copies)];
const ofLast = (keyword: string) => lastStage().find((instruction) => instruction.getKeyword() === keyword);

describe('the Dockerfile', () => {
  it('pins the full versions of its base images', () => {
    const images = (instructions.filter((one) => one.getKeyword() === 'FROM') as From[]).map((from) => from.getImage());
    expect(images.length).toBeGreaterThan(1);
    expect(images.filter((image) => !isPinned(image ?? ''))).toEqual([]);
  });

  it('copies existing files that .dockerignore does not exclude', () => {
    expect(copied).toContain('package-lock.json');
    expect(copied.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    const letThrough = readText('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'));
    expect(copied.map((path) => `!${path.replace(/\/$/, '')}`).toSorted()).toEqual(letThrough.toSorted());
  });

  it('packs the files of the package, with its licence', () => {
    const { files } = JSON.parse(readText('package.json')) as { files: string[] };
    const needed = [...files.filter((name) => !name.includes('dist')), 'LICENSE', 'README.md'];
    expect(needed.filter((name) => !copied.includes(name))).toEqual([]);
  });

  it('sets only valid settings', () => {
    const { NODE_ENV, ...environment } = imageEnvironment();
    expect(NODE_ENV).toBe('production');
    expect(unknownSettings(Object.keys(environment))).toEqual([]);
    expect(ofLast('EXPOSE')?.getArgumentsContent()).toBe(environment.PORT);
  });

  it('has labels with description and licence', () => {
    const label = ofLast('LABEL')?.toString() ?? '';
    for (const name of ['title', 'description', 'licenses', 'version', 'revision', 'base.name']) {
      expect(label).toContain(`org.opencontainers.image.${name}=`);
    }
  });
});

describe('npm run check:image', () => {
  const checked = (dockerfile: string) => {
    const file = join(emptyFolder(), 'Dockerfile');
    writeFileSync(file, dockerfile);
    return spawnSync(process.execPath, ['scripts/check-image.mjs', file], { cwd: ROOT, encoding: 'utf8' });
  };

  it('rejects instructions that it does not support before it starts', () => {
    const { status, stdout, stderr } = checked(`${readText('Dockerfile')}\nVOLUME /data\nUSER root\nRUN ls /etc\n`);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('VOLUME is not an instruction that check:image can carry out');
    expect(stderr).toContain('USER expects a user and a group as numbers, neither of them root');
    expect(stderr).toContain('RUN expects paths within WORKDIR');
  });

  it('rejects a shell between signals and the gateway, and a Node without its full version', () => {
    const { status, stderr } = checked('FROM node:24\nWORKDIR /app\nENTRYPOINT node dist/cli.js\n');
    expect(status).toBe(1);
    expect(stderr).toContain('ENTRYPOINT expects a list');
    expect(stderr).toContain('FROM expects an image of Node with its whole version');
    expect(stderr).toContain('the last stage has no HEALTHCHECK');
  });
});
