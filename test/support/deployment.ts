import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DockerfileParser, type Instruction, type PropertyInstruction } from 'dockerfile-ast';
import { parseAllDocuments } from 'yaml';
import { settings } from '../../src/config/settings.ts';
import { ROOT } from './markdown.ts';

export const readText = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

export const yamlFiles: readonly string[] = [
  'compose.yaml',
  ...readdirSync(join(ROOT, 'deploy'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => join('deploy', name)),
];

/**
 * What a file of one document holds.
 * @throws Error for whatever the YAML parser does not like, warnings included.
 */
export function readYaml(path: string): unknown {
  const documents = parseAllDocuments(readText(path), { merge: true });
  if (!Array.isArray(documents) || documents.length !== 1) throw new Error(`${path}: expected one document.`);
  const [document] = documents;
  const [problem] = [...(document?.errors ?? []), ...(document?.warnings ?? [])];
  if (problem) throw problem;
  return document?.toJS();
}

/** Names that the gateway would not know, and so leave out in silence. */
export const unknownSettings = (names: readonly string[]): string[] => names.filter((name) => !isSetting(name));

function isSetting(name: string): boolean {
  const known: Record<string, { notes: { isSecret?: boolean } }> = settings;
  return name in known || (name.endsWith('_FILE') && known[name.slice(0, -'_FILE'.length)]?.notes.isSecret === true);
}

/** Whole minor versions at least, and never what somebody may move to another program. */
export const isPinned = (image: string): boolean => /^[\w./-]+:v?\d+\.\d+\.\d+[\w.-]*$/.test(image);

/** The instructions of the last stage, which make the image. */
export function lastStage(): Instruction[] {
  const all = DockerfileParser.parse(readText('Dockerfile')).getInstructions();
  return all.slice(all.findLastIndex((instruction) => instruction.getKeyword() === 'FROM'));
}

/** `ENV` of the image. */
export function imageEnvironment(): Record<string, string> {
  const env = lastStage().filter((instruction) => instruction.getKeyword() === 'ENV') as PropertyInstruction[];
  return Object.fromEntries(
    env.flatMap((one) => one.getProperties()).map((property) => [property.getName(), property.getValue() ?? '']),
  );
}

/** As compose writes durations. */
export const secondsOf = (duration: string): number => Number(/^(\d+)s$/.exec(duration)?.[1]);
