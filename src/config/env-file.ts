import type { Environment } from './environment.ts';

/** What is found wrong in a file of settings. */
export interface EnvFileNotes {
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
