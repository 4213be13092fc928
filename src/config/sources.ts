import { closestMatch } from 'leven';
import { codeOf, readTextFile, whyUnreadable } from '../text-file.ts';
import { settings } from './settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Sources {
  /** Flags of the command line under the names of their settings. They win over everything else. */
  readonly flags?: Environment;
  readonly environment: Environment;
  /** A file of NAME=value lines, for what neither flags nor environment set. */
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
 * Mistakes in the file are added to `mistakes`; names that are nearly those of settings to `warnings`.
 */
export function mergeSources(
  { flags = {}, environment, envFile }: Sources,
  mistakes: string[],
  warnings: string[],
): Environment {
  const fromFile = envFile ? readEnvFile(envFile, mistakes, warnings) : {};
  const own = Object.keys(environment).filter((name) => !isServiceLink(environment[name]));
  warnings.push(
    ...unknownSettings(Object.keys(fromFile), envFile?.path ?? '', KNOWN_NAMES),
    ...unknownSettings(own, 'the environment', KNOWN_NAMES),
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

/** What is found wrong in a file of settings. */
interface EnvFileNotes {
  /** Names that mean something here. */
  readonly known: readonly string[];
  /** Names of secrets among them. */
  readonly secrets: ReadonlySet<string>;
  readonly mistakes: string[];
  readonly warnings: string[];
}

const ASSIGNMENT = /^(?:export\s+)?([\w.-]+)\s*=\s*(.*)$/s;
const QUOTE = /^["'`]/;

/**
 * Reads NAME=value lines as `node --env-file` does: `#` begins a comment, also behind a value without quotes; quotes may span lines;
 * `export` is left out. Whatever that would lose in silence is a mistake or a warning, by its line and without its value.
 */
export function parseEnvFile(text: string, path: string, notes: EnvFileNotes): Environment {
  const values: Record<string, string> = {};
  const lines = text.split(/\r\n|\r|\n/);
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]?.trim() ?? '';
    if (line === '' || line.startsWith('#')) continue;
    const where = `${path}, line ${index + 1}`;
    const [, name, rest = ''] = ASSIGNMENT.exec(line) ?? [];
    if (name === undefined) {
      notes.mistakes.push(`${where}: expected NAME=value, or "#" and a comment.`);
      continue;
    }
    let value: string | undefined;
    if (QUOTE.test(rest)) {
      const quoted = readQuoted(rest, lines, index);
      index = quoted?.lastIndex ?? index;
      const mistake = mistakeIn(quoted, name, notes.known);
      if (mistake !== undefined) notes.mistakes.push(`${where}: ${mistake}`);
      value = quoted?.value;
    } else {
      value = readUnquoted(rest, name, where, notes);
    }
    if (value === undefined) continue;
    if (values[name] && notes.known.includes(name)) {
      notes.mistakes.push(`${where}: ${name} has a value already, further up. Remove one of them.`);
    }
    values[name] = value;
  }
  return values;
}

interface Quoted {
  readonly value: string;
  /** What follows on the line of the closing quote. */
  readonly behind: string;
  readonly lastIndex: number;
}

/** @returns `undefined` where the quote does not close. */
function readQuoted(rest: string, lines: readonly string[], index: number): Quoted | undefined {
  const quote = rest[0] ?? '';
  const parts = [rest.slice(1), ...lines.slice(index + 1)];
  const last = parts.findIndex((part) => part.includes(quote));
  if (last < 0) return undefined;
  const end = parts[last]?.indexOf(quote) ?? 0;
  const inside = [...parts.slice(0, last), parts[last]?.slice(0, end) ?? ''].join('\n');
  return {
    value: quote === '"' ? inside.replaceAll('\\n', '\n') : inside,
    behind: parts[last]?.slice(end + 1).trim() ?? '',
    lastIndex: index + last,
  };
}

function mistakeIn(quoted: Quoted | undefined, name: string, known: readonly string[]): string | undefined {
  if (!quoted) return `the quote at ${name} does not close. Close it, or remove it.`;
  const swallowed = quoted.value
    .split('\n')
    .slice(1)
    .some((line) => known.includes(ASSIGNMENT.exec(line.trim())?.[1] ?? ''));
  if (swallowed) return `the quote at ${name} closes only behind another setting. Close it on its line.`;
  if (quoted.behind !== '' && !quoted.behind.startsWith('#')) {
    return `expected nothing behind the closing quote of ${name}. Use another kind of quote around it.`;
  }
  return undefined;
}

function readUnquoted(rest: string, name: string, where: string, { known, secrets, warnings }: EnvFileNotes): string {
  const at = rest.indexOf('#');
  if (at < 0) return rest;
  const value = rest.slice(0, at).trimEnd();
  // "PORT=4000 # why" is what comments look like; "abc#def" hardly is one, and a secret may hold anything.
  const isDoubtful = !/\s$/.test(rest.slice(0, at)) || (secrets.has(name) && value !== '');
  if (isDoubtful && known.includes(name)) {
    warnings.push(
      `${where}: the value of ${name} ends at "#", which begins a comment. Put the value in quotes, or the comment on its own line.`,
    );
  }
  return value;
}

/**
 * Unknown names that are nearly those of settings: a misspelled setting may be one that protects users.
 *
 * @param names as they were found, `where` they were found.
 * @param known every name that means something.
 * @returns a sentence for each.
 */
function unknownSettings(names: readonly string[], where: string, known: readonly string[]): string[] {
  return names.flatMap((name) => {
    if (known.includes(name)) return [];
    // A letter for each five: short names of other programs are near to everything.
    const maxDistance = Math.min(3, Math.floor(name.length / 5));
    const meant = closestMatch(name.toUpperCase(), known, { maxDistance });
    return meant === undefined ? [] : [`${name} in ${where} is not a setting. Did you mean ${meant}?`];
  });
}
