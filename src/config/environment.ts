import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigError } from './config-error.ts';
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
const KNOWN_NAMES = [
  ...Object.entries(settings).flatMap(([name, { notes }]) => (notes.isSecret ? [name, `${name}_FILE`] : [name])),
  ...USUAL_NAMES.flatMap((name) => [name, name.toLowerCase()]),
];

/**
 * All sources as one, the strongest first: flags, environment, `.env`. An empty value counts as not set.
 * Names that are nearly those of settings are added to `oddities`.
 */
export function mergeSources({ flags = {}, environment, envFile }: Sources, oddities: string[]): Environment {
  const fromFile = envFile ? readEnvFile(envFile.path, envFile.isOptional) : {};
  oddities.push(
    ...misspelt(Object.keys(fromFile), envFile?.path ?? '', KNOWN_NAMES),
    ...misspelt(Object.keys(environment), 'the environment', KNOWN_NAMES),
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
    const path = environment[`${name}_FILE`];
    if (!notes.isSecret || path === undefined) continue;
    if (environment[name] !== undefined) {
      mistakes.push(`${name} and ${name}_FILE are both set: set one of them.`);
      continue;
    }
    try {
      const secret = readFileSync(path, 'utf8').trim();
      if (secret === '') mistakes.push(`${name}_FILE names ${path}, which is empty: put the secret into it.`);
      else secrets[name] = secret;
    } catch (error) {
      mistakes.push(`${name}_FILE names ${path}, which cannot be read (${codeOf(error)}).`);
    }
  }
  return { ...environment, ...secrets };
}

function readEnvFile(path: string, isOptional: boolean): Environment {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (error) {
    if (isOptional && codeOf(error) === 'ENOENT') return {};
    throw new ConfigError([`The settings file ${path} cannot be read (${codeOf(error)}).`]);
  }
}

const withoutEmpty = (values: Environment): Environment =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value.trim() !== ''));

/** Why a file could not be read, without what is in it. */
export const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? 'no reason given';
