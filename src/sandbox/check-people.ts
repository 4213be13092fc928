import type { Mistake, RawPerson } from './people-file.ts';
import type { SandboxPerson } from './person.ts';
import { FIELD_READERS, type FileFormat, isPersonField, type PersonField, unknownField } from './person-fields.ts';

export interface CheckedPeople {
  readonly people: readonly SandboxPerson[];
  readonly mistakes: readonly Mistake[];
}

/** Checks every field of every person, and that no two share what they are found by. */
export function checkPeople(rawPeople: readonly RawPerson[], format: FileFormat): CheckedPeople {
  const mistakes: Mistake[] = [];
  const isUnique = uniqueness(mistakes);
  const people = rawPeople.map((raw) => {
    const person = readPerson(raw, format, mistakes);
    const tenant = person.tenant_key ?? '';
    isUnique('user_key', person.user_key, raw);
    isUnique('out_id', person.out_id, raw);
    isUnique('email', person.email?.toLowerCase(), raw, tenant);
    return person;
  });
  return { people, mistakes };
}

/** A person with what could be read; if there were mistakes, nobody uses it. */
function readPerson(raw: RawPerson, format: FileFormat, mistakes: Mistake[]): SandboxPerson {
  const person: Record<string, unknown> = {};
  for (const [name, field] of raw.fields) {
    if (!isPersonField(name, format)) {
      mistakes.push({ line: field.line, reason: unknownField(name, format) });
      continue;
    }
    const reading = FIELD_READERS[name](field, format);
    if ('reason' in reading) mistakes.push({ line: field.line, reason: `${name} ${reading.reason}` });
    else person[name] = reading.value;
  }
  if (!raw.fields.has('user_key') || person.user_key === '') {
    mistakes.push({ line: raw.line, reason: 'user_key is missing: every person needs one' });
  }
  return person as unknown as SandboxPerson;
}

function uniqueness(mistakes: Mistake[]) {
  const firstLines = new Map<string, number>();
  return (field: PersonField, value: string | null | undefined, raw: RawPerson, scope = ''): void => {
    if (!value) return;
    const line = raw.fields.get(field)?.line ?? raw.line;
    const place = JSON.stringify([field, scope, value]);
    const firstLine = firstLines.get(place);
    if (firstLine === undefined) firstLines.set(place, line);
    else mistakes.push({ line, reason: `${field} ${value} is already on line ${firstLine}` });
  };
}
