import { isUtf8 } from 'node:buffer';
import { bodyText } from '../body-text.ts';
import { parseJson } from '../parse-json.ts';
import { isRecord, type Person } from '../person.ts';
import { RowPerson } from './row-person.ts';
import { type RowShape, shapeOf } from './row-shape.ts';

export interface ReadBody {
  /** What the JSON holds, without its rows where there are `people`; `undefined` for what is no JSON. */
  readonly envelope: unknown;
  /** Of all rows, where every one of them was of a shape that is known. */
  readonly people: Person[] | undefined;
}

/** Kinds of rows that are known at a time: of one plugin they have the same fields, or lack some that are empty. */
const MOST_SHAPES = 8;

/** Answers in a row that are not matched, more than shapes to learn: their rows have more shapes than are known at a time. */
const MOST_MISSES = 2 * MOST_SHAPES;
/** Answers that are then only parsed, before matching is tried again: trying in vain takes half as long as parsing. */
const PARSED_AFTER_MISSES = 500;

/**
 * In bytes. A hundred people need a fraction of it; where a field is longer than some times as much, V8 has no room for the way that
 * it takes through a pattern, and throws.
 */
const LARGEST_MATCHED = 1024 * 1024;

const ROWS_BEGIN = '"data":[';

/**
 * Reads answers of the user query. Most of the time that takes would be for making texts of all that is in the rows, to write most of
 * them again as they came, or to drop them. So rows of a shape that was seen before are matched; an answer in which one is not is
 * parsed as JSON, whole, and the shape of that row is known from then on. What is told is the same.
 */
export function createBodyReader(): (bytes: Buffer) => ReadBody {
  /** The one that matched last comes first. */
  const shapes: RowShape[] = [];
  let misses = 0;
  let answersToParse = 0;

  return function readBody(bytes) {
    if (answersToParse > 0) {
      answersToParse--;
      return { envelope: parseJson(bodyText(bytes)), people: undefined };
    }
    const matched = matchRows(bytes);
    if (typeof matched !== 'number') {
      misses = 0;
      return matched;
    }
    const envelope = parseJson(bodyText(bytes));
    if (isRecord(envelope) && Array.isArray(envelope.data) && matched < envelope.data.length) {
      learnFrom(envelope.data[matched]);
    }
    return { envelope, people: undefined };
  };

  function learnFrom(row: unknown): void {
    if (++misses > MOST_MISSES) {
      misses = 0;
      answersToParse = PARSED_AFTER_MISSES;
      return;
    }
    const shape = shapeOf(row);
    if (!shape || shapes.some(({ name }) => name === shape.name)) return;
    shapes.unshift(shape);
    shapes.length = Math.min(shapes.length, MOST_SHAPES);
  }

  /** @returns the index of the row that was not matched, where one was not. */
  function matchRows(bytes: Buffer): ReadBody | number {
    if (shapes.length === 0 || bytes.length > LARGEST_MATCHED || !isUtf8(bytes)) return 0;
    const text = bytes.toString('latin1');
    const begin = text.indexOf(ROWS_BEGIN) + ROWS_BEGIN.length;
    const head = text.slice(0, begin);
    // The rows of the envelope, and of nothing within it.
    if (begin < ROWS_BEGIN.length || head.lastIndexOf('{') !== 0 || head.includes('\\')) return 0;
    const people: Person[] = [];
    let at = begin;
    do {
      const person = matchRow(text, at);
      if (!person) return people.length;
      people.push(person);
      at += person.length;
    } while (text[at++] === ',');
    const tail = text.slice(at - 1);
    // Nothing else between rows and end, and no other rows: the last would count.
    if (tail[0] !== ']' || tail.includes('"data"') || tail.includes('\\')) return 0;
    const envelope = parseJson(head + tail);
    return isRecord(envelope) ? { envelope, people } : 0;
  }

  function matchRow(text: string, at: number): RowPerson | undefined {
    for (let index = 0; index < shapes.length; index++) {
      const shape = shapes[index] as RowShape;
      const { pattern } = shape;
      const groups = pattern.matchAt(text, at);
      if (!groups) continue;
      if (index > 0) {
        shapes.splice(index, 1);
        shapes.unshift(shape);
      }
      return new RowPerson(groups, pattern);
    }
    return undefined;
  }
}
