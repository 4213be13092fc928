export type Kind = 'key' | 'email' | 'outId';

export interface Identifier {
  readonly kind: Kind;
  readonly value: string;
}

export interface Pasted {
  /** Each once, in the order they were pasted. */
  readonly identifiers: readonly Identifier[];
  readonly repeats: number;
}

/** What the gateway takes in one operation, over all its lists (`MAX_IDENTIFIERS`). */
export const MAX_IDENTIFIERS = 1_000;

const BETWEEN_ENTRIES = /[,;，；、\n\r\t]+/u;
/** As mail programs and spreadsheets copy them. */
const WRAPPING = /^[\s"'“”‘’<>()[\]{}\u200B]+|[\s"'“”‘’<>()[\]{}\u200B]+$/gu;
/** `"San, Zhang" <zhangsan@example.com>`: a name may hold a separator. */
const QUOTED_NAME = /"[^"\n]*"\s*(?=<)/g;
const NAME_AND_ADDRESS = /^([^<]*)<([^<>@\s]+@[^<>@\s]+)>\s*$/u;

/**
 * Finds identifiers in text that somebody pasted, with any separators between them. Of `Zhang San <zhangsan@example.com>` only the
 * address is meant.
 */
export function readIdentifiers(text: string): Pasted {
  const found = new Map<string, Identifier>();
  let count = 0;
  for (const word of text.replace(QUOTED_NAME, '').split(BETWEEN_ENTRIES).flatMap(wordsOf)) {
    const value = word.replace(WRAPPING, '').replace(/^mailto:/i, '');
    if (value === '') continue;
    count += 1;
    const kind = kindOf(value);
    const id = `${kind} ${kind === 'email' ? value.toLowerCase() : value}`;
    if (!found.has(id)) found.set(id, { kind, value });
  }
  return { identifiers: [...found.values()], repeats: count - found.size };
}

export function kindOf(value: string): Kind {
  if (value.includes('@')) return 'email';
  return value.startsWith('on_') ? 'outId' : 'key';
}

/** Lists that fit into one operation each. */
export function inOperations(identifiers: readonly Identifier[], size = MAX_IDENTIFIERS): Identifier[][] {
  const operations: Identifier[][] = [];
  for (let at = 0; at < identifiers.length; at += size) operations.push(identifiers.slice(at, at + size));
  return operations;
}

function wordsOf(entry: string): string[] {
  const [, before, address] = NAME_AND_ADDRESS.exec(entry) ?? [];
  if (before === undefined || address === undefined) return entry.split(/\s+/u);
  // A name has no digits; what has is an identifier that stands beside it, with only a space between.
  return [...before.split(/\s+/u).filter((word) => /[\d@]/.test(word)), address];
}
