import { codeOf, readTextFile, whyUnreadable } from '../text-file.ts';
import { parseEnvFile } from './env-file.ts';
import { misspelt } from './misspelt.ts';
import { settings } from './settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Sources {
  /** Flags of the command line under the names of their settings. They win over everything else. */
  readonly flags?: Environment;
  readonly environment: Environment;
  /** A file of NAME=value lines, for what neither flags nor environment say. */
  readonly envFile?: { readonly path: string; readonly isOptional: boolean };
}

/** Of other programs, in either letter case. */
const USUAL_NAMES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'NODE_ENV', 'NODE_EXTRA_CA_CERTS'];
const SECRET_NAMES = Object.entries(settings).flatMap(([name, { notes }]) => (notes.isSecret ? [name] : []));
const KNOWN_NAMES = [
  ...Object.keys(settings),
  ...SECRET_NAMES.map((name) => `${name}_FILE`),
  ...USUAL_NAMES.flatMap((name) => [name, name.toLowerCase()]),
];

/**
 * All sources as one, the strongest first: flags, environment, `.env`. An empty value counts as not set.
 * Mistakes in the file are added to `mistakes`; names that are nearly those of settings to `oddities`.
 */
export function mergeSources(
  { flags = {}, environment, envFile }: Sources,
  mistakes: string[],
  oddities: string[],
): Environment {
  const fromFile = envFile ? readEnvFile(envFile, mistakes, oddities) : {};
  const own = Object.keys(environment).filter((name) => !isServiceLink(environment[name]));
  oddities.push(
    ...misspelt(Object.keys(fromFile), envFile?.path ?? '', KNOWN_NAMES),
    ...misspelt(own, 'the environment', KNOWN_NAMES),
  );
  return { ...withoutEmpty(fromFile), ...withoutEmpty(environment), ...withoutEmpty(flags) };
}

/**
 * The value of each secret, from `NAME` or from the file that `NAME_FILE` names, as container platforms mount them.
 * Mistakes are added to `mistakes`; they never hold a secret.
 */
export function readSecretFiles(environment: Environment, mistakes: string[]): Environment {
  const secrets: Record<string, string> = {};
  for (const [name, { notes }] of Object.entries(settings)) {
    const path = environment[`${name}_FILE`]?.trim();
    if (!notes.isSecret || path === undefined) continue;
    if (environment[name] !== undefined) {
      mistakes.push(`${name} and ${name}_FILE are both set: set one of them.`);
      continue;
    }
    try {
      const secret = readTextFile(path).trim();
      if (secret === '') mistakes.push(`${name}_FILE names ${path}, which is empty: put the secret into it.`);
      else secrets[name] = secret;
    } catch (error) {
      mistakes.push(`${name}_FILE names ${path}, which ${whyUnreadable(error)}.`);
    }
  }
  return { ...environment, ...secrets };
}

/** Kubernetes sets `<NAME>_PORT=tcp://address:port` in every pod, for each service of the namespace. */
export const isServiceLink = (text: string | undefined): boolean => /^(tcp|udp|sctp):\/\//i.test(text?.trim() ?? '');

function readEnvFile(
  { path, isOptional }: NonNullable<Sources['envFile']>,
  mistakes: string[],
  warnings: string[],
): Environment {
  try {
    const secrets = new Set(SECRET_NAMES);
    return parseEnvFile(readTextFile(path), path, { known: KNOWN_NAMES, secrets, mistakes, warnings });
  } catch (error) {
    if (!isOptional || codeOf(error) !== 'ENOENT') mistakes.push(`The settings file ${path} ${whyUnreadable(error)}.`);
    return {};
  }
}

const withoutEmpty = (values: Environment): Environment =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value.trim() !== ''));
