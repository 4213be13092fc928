import type { LookupResult } from '../directory/look-up.ts';
import type { PeopleContext } from '../schema/builder.ts';
import { RowPerson } from '../upstream/rows/row-person.ts';
import type { AnsweredPlan } from './make-data.ts';
import type { PeopleCall } from './people-call.ts';
import type { PeopleField, PersonField } from './selection.ts';

export interface WrittenData {
  /** The JSON of the data, with a character for each byte of UTF-8. */
  readonly written: string;
}

/**
 * Writes the data of an answer as JSON, with the texts of people as they are written in what the user API answered. Nothing is made
 * of them on the way.
 * @returns `undefined` where not all that is answered is such a person or nobody: errors, people out of memory.
 */
export function writeData({ selection, calls, people, context }: AnsweredPlan): WrittenData | undefined {
  let written: string | undefined = '{';
  let next = 0;
  for (const field of selection) {
    if (written.length > 1) written += ',';
    written += field.head;
    if ('typename' in field) {
      written += `"${field.typename}"`;
      continue;
    }
    written = writeField(written, field, people[next] ?? [], (calls[next] as PeopleCall).personArgs, context);
    if (written === undefined) return undefined;
    next++;
  }
  return { written: `${written}}` };
}

/** @returns what is written, with the field behind it. */
function writeField(
  begun: string,
  field: PeopleField,
  people: readonly LookupResult[],
  personArgs: readonly unknown[],
  context: PeopleContext,
): string | undefined {
  if (!field.handsOnTexts) return undefined;
  try {
    if (!field.isList) return writePerson(begun, people[0] ?? null, field.person, personArgs, context);
    let written: string | undefined = `${begun}[`;
    for (let index = 0; index < people.length; index++) {
      if (index > 0) written += ',';
      written = writePerson(written, people[index] ?? null, field.person, personArgs, context);
      if (written === undefined) return undefined;
    }
    return `${written}]`;
  } catch {
    // A field that this caller may not read, say: that has its place in errors.
    return undefined;
  }
}

/** Each `+` takes memory and time, and there are many: what is always the same is one text, from the value before to this one. */
function writePerson(
  begun: string,
  person: LookupResult,
  fields: readonly PersonField[],
  personArgs: readonly unknown[],
  context: PeopleContext,
): string | undefined {
  if (person === null) return `${begun}null`;
  if (!(person instanceof RowPerson)) return undefined;
  const texts = person.asWritten();
  let written = begun;
  let isInText = false;
  for (let index = 0; index < fields.length; index++) {
    const { heads, resolve, leaf, isNonNull } = fields[index] as PersonField;
    const value = resolve(texts, personArgs[index], context) ?? null;
    if (value === null) {
      if (isNonNull) return undefined;
      written += isInText ? heads.nullAfterText : heads.null;
      isInText = false;
      continue;
    }
    const text = leaf.serialize(value);
    if (typeof text !== 'string') return undefined;
    written = written + (isInText ? heads.textAfterText : heads.text) + text;
    isInText = true;
  }
  if (fields.length === 0) return `${written}{}`;
  return written + (isInText ? '"}' : '}');
}
