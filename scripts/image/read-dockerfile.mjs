import { DockerfileParser } from 'dockerfile-ast';

/**
 * Reads the Dockerfile into stages, for whoever carries them out. Strict: what it does not know, it would leave out in silence, so
 * it throws, with every line that is not understood.
 */
export function readDockerfile(text) {
  const stages = [];
  const strange = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const keyword = instruction.getKeyword();
    const read = READERS[keyword];
    const where = `line ${instruction.getRange().start.line + 1}: ${keyword}`;
    if (!read) {
      strange.push(`${where} is not an instruction that check:image can carry out`);
      continue;
    }
    if (keyword === 'FROM') stages.push({ steps: [], labels: {} });
    const stage = stages.at(-1);
    const refuse = (why) => strange.push(`${where} ${why}`);
    if (stage) read(instruction, stage, refuse);
    else refuse('stands before the first FROM');
  }
  const last = stages.at(-1) ?? {};
  for (const [part, keyword] of NEEDED_LAST) {
    if (last[part] === undefined) strange.push(`the last stage has no ${keyword}`);
  }
  if (strange.length > 0) throw new Error(`Dockerfile:\n${strange.map((line) => `  - ${line}\n`).join('')}`);
  return stages;
}

const NEEDED_LAST = [
  ['workdir', 'WORKDIR'],
  ['user', 'USER'],
  ['stopSignal', 'STOPSIGNAL'],
  ['healthcheck', 'HEALTHCHECK'],
  ['entrypoint', 'ENTRYPOINT'],
];

/** Each takes its instruction into the stage, or refuses what it cannot carry out. */
const READERS = {
  FROM(instruction, stage, refuse) {
    stage.image = instruction.getImage();
    stage.name = instruction.getBuildStage();
    stage.nodeVersion = /^node:(\d+\.\d+\.\d+)-/.exec(stage.image)?.[1];
    if (!stage.nodeVersion)
      refuse('expects an image of Node with its whole version, such as node:24.21.0-bookworm-slim');
  },
  WORKDIR(instruction, stage, refuse) {
    const path = instruction.getArgumentsContent();
    if (!path.startsWith('/')) refuse('expects an absolute path');
    stage.workdir = path;
    stage.steps.push({ kind: 'workdir', path });
  },
  COPY(instruction, stage, refuse) {
    const flags = instruction.getFlags();
    if (flags.some((flag) => flag.getName() !== 'from')) refuse('has a flag other than --from');
    const paths = instruction.getArguments().map((argument) => argument.getValue());
    if (instruction.getHeredocs().length > 0 || paths.some((path) => /[*?[$"]/.test(path))) {
      refuse('expects plain paths, without wildcards, variables or quotes');
    }
    const to = paths.at(-1);
    if (paths.length < 2 || !to.endsWith('/')) refuse('expects sources, and a folder with a slash at its end');
    const [from] = flags.map((flag) => flag.getValue());
    stage.steps.push({ kind: 'copy', from, sources: paths.slice(0, -1), to });
  },
  RUN(instruction, stage, refuse) {
    const command = instruction.getArgumentsContent();
    if (instruction.getFlags().length > 0 || instruction.getHeredocs().length > 0) refuse('expects a plain command');
    if (/(^|[\s='"(])(\/|~|\.\.)/.test(command)) refuse('expects paths within WORKDIR');
    stage.steps.push({ kind: 'run', command: command.replaceAll(/\\\n/g, '') });
  },
  ENV(instruction, stage) {
    stage.steps.push({ kind: 'env', values: propertiesOf(instruction) });
  },
  /** Build arguments are for labels, which come last. */
  ARG(_instruction, stage, refuse) {
    if (!stage.entrypoint) refuse('expects to follow ENTRYPOINT: commands here would not see it');
  },
  LABEL(instruction, stage) {
    Object.assign(stage.labels, propertiesOf(instruction));
  },
  USER(instruction, stage, refuse) {
    const [, uid, gid] = /^(\d+):(\d+)$/.exec(instruction.getArgumentsContent()) ?? [];
    if (!Number(uid) || !Number(gid)) refuse('expects a user and a group as numbers, neither of them root');
    stage.user = { uid: Number(uid), gid: Number(gid) };
  },
  EXPOSE(instruction, stage) {
    stage.port = Number(instruction.getArgumentsContent());
  },
  STOPSIGNAL(instruction, stage) {
    stage.stopSignal = instruction.getArgumentsContent();
  },
  HEALTHCHECK(instruction, stage, refuse) {
    if (instruction.getSubcommand()?.getValue() !== 'CMD') refuse('expects CMD');
    stage.healthcheck = listOf(instruction.getRawArgumentsContent().replace(/^[\s\S]*?\bCMD\s+/, ''));
    if (!stage.healthcheck) refuse('expects its command as a list: there may be no shell');
  },
  ENTRYPOINT(instruction, stage, refuse) {
    stage.entrypoint = listOf(instruction.getArgumentsContent());
    if (!stage.entrypoint) refuse('expects a list: a shell between would keep signals to itself');
  },
};

const propertiesOf = (instruction) =>
  Object.fromEntries(instruction.getProperties().map((property) => [property.getName(), property.getValue()]));

function listOf(text) {
  try {
    const list = JSON.parse(text);
    return Array.isArray(list) ? list : undefined;
  } catch {
    return undefined;
  }
}
