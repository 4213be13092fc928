import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Mistake, RawField, RawPeople, RawPerson } from './people-file.ts';

/** Reads a JSON array of objects and remembers the line of every value. Comments and trailing commas are mistakes. */
export function parsePeopleJson(text: string): RawPeople {
  const errors: ParseError[] = [];
  const lineOf = lineFinder(text);
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  if (errors.length > 0) {
    return { people: [], mistakes: errors.map((error) => syntaxMistake(error, text, lineOf)) };
  }
  // Should jsonc-parser take something that JSON does not: better a mistake without its line than a guess.
  const strictError = syntaxErrorOf(text);
  if (strictError) return { people: [], mistakes: [{ line: 1, reason: `malformed JSON: ${strictError}` }] };
  if (root?.type !== 'array') {
    const reason = `expected an array of people, got ${article(root?.type ?? 'nothing')}`;
    return { people: [], mistakes: [{ line: 1, reason }] };
  }
  const mistakes: Mistake[] = [];
  const people = (root.children ?? []).flatMap((node) => {
    const line = lineOf(node.offset);
    if (node.type === 'object') return [readPerson(node, text, lineOf, mistakes)];
    mistakes.push({ line, reason: `expected a person as an object, got ${article(node.type)}` });
    return [];
  });
  return { people, mistakes };
}

function readPerson(node: Node, text: string, lineOf: (offset: number) => number, mistakes: Mistake[]): RawPerson {
  const fields = new Map<string, RawField>();
  for (const { children: [key, value] = [] } of node.children ?? []) {
    if (!key || !value) continue;
    const line = lineOf(key.offset);
    const name = String(key.value);
    if (fields.has(name)) mistakes.push({ line, reason: `${name} is given twice for one person` });
    const source = text.slice(value.offset, value.offset + value.length);
    fields.set(name, { line, value: JSON.parse(source), text: source });
  }
  return { line: lineOf(node.offset), fields };
}

function syntaxErrorOf(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function syntaxMistake({ error, offset }: ParseError, text: string, lineOf: (offset: number) => number): Mistake {
  const problem = printParseErrorCode(error)
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toLowerCase();
  const found = text.slice(offset, offset + 20).split('\n', 1)[0];
  return { line: lineOf(offset), reason: `malformed JSON: ${problem} at ${found ? `"${found}"` : 'the end'}` };
}

/** Line numbers (from 1) of offsets, found by halving: a file may have a million lines. */
function lineFinder(text: string): (offset: number) => number {
  const ends: number[] = [];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) ends.push(at);
  return (offset) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle] ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}

function article(type: string): string {
  if (type === 'nothing' || type === 'null') return type;
  return `${/^[ao]/.test(type) ? 'an' : 'a'} ${type}`;
}
