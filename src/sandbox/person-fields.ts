import type { RawField } from './people-file.ts';
import type { SandboxPerson } from './person.ts';

/** The two formats differ in what can be told apart: a CSV cell is always a text. */
export type FileFormat = 'json' | 'csv';

/** What a field was read as, or why not. */
export type FieldReading = { readonly value: unknown } | { readonly reason: string };

type Reader = (field: RawField, format: FileFormat) => FieldReading;

export type PersonField = keyof SandboxPerson;

/** Every field a file of people may have, and how it is read. `null` passes everywhere but in user_key. */
export const FIELD_READERS: Readonly<Record<PersonField, Reader>> = {
  user_key: (field) => (field.text === 'null' ? { reason: 'must be a string, got null' } : readIdentifier(field)),
  username: (field) => roundedBySpreadsheet(field) ?? readText(field),
  email: (field) => {
    const reading = readIdentifier(field);
    const isEmail = typeof field.value !== 'string' || field.value === '' || field.value.includes('@');
    return isEmail || 'reason' in reading ? reading : { reason: `must be an e-mail, got ${quote(field.text)}` };
  },
  name_cn: readText,
  name_en: readText,
  avatar_url: readText,
  out_id: readIdentifier,
  status: readText,
  user_id: (field) => {
    const value = typeof field.value === 'string' && /^\d+$/.test(field.value) ? Number(field.value) : field.value;
    const isSafe = value === null || Number.isSafeInteger(value);
    return isSafe ? { value } : { reason: `must be a whole number, got ${quote(field.text)}` };
  },
  name: ({ value, text }) =>
    isPersonName(value)
      ? { value }
      : { reason: `must be an object of the texts default, zh_cn and en_us, got ${quote(text)}` },
  tenant_key: (field) => (field.value === '' ? { reason: 'must not be empty: leave it out' } : readIdentifier(field)),
  linked: readBoolean,
  collaborator: readBoolean,
};

/** A cell of CSV has no place for the object `name`; it is made of name_cn and name_en. */
const FIELDS: Readonly<Record<FileFormat, readonly string[]>> = {
  json: Object.keys(FIELD_READERS),
  csv: Object.keys(FIELD_READERS).filter((field) => field !== 'name'),
};

export function isPersonField(name: string, format: FileFormat): name is PersonField {
  return FIELDS[format].includes(name);
}

export function unknownField(name: string, format: FileFormat): string {
  return `unknown ${format === 'csv' ? 'column' : 'field'} "${name}": expected some of ${FIELDS[format].join(', ')}`;
}

function readText({ value, text }: RawField): FieldReading {
  if (value === null || typeof value === 'string') return { value };
  if (typeof value !== 'number') return { reason: `must be a string in quotes, got ${shorten(text)}` };
  const digits = text.replace(/\D/g, '').length;
  const loss = digits > 15 ? `: numbers of ${digits} digits lose their last digits` : '';
  return { reason: `must be a string in quotes, got the number ${shorten(text)}${loss}` };
}

/** What users are looked up by. Blanks around it, or a spreadsheet's rounding, would make it unfindable. */
function readIdentifier(field: RawField): FieldReading {
  const reading = roundedBySpreadsheet(field) ?? readText(field);
  if ('reason' in reading || typeof field.value !== 'string') return reading;
  if (field.value.trim() !== field.value) return { reason: `has blanks around it: ${quote(field.text)}` };
  return reading;
}

/** Excel writes a key of 19 digits as `7.01E+18`, and one that is round enough as `7E+18`. */
function roundedBySpreadsheet({ value }: RawField): FieldReading | undefined {
  if (typeof value !== 'string' || !/^\d(?:[.,]\d*)?E\+\d+$/i.test(value.trim())) return undefined;
  return { reason: `was rounded by a spreadsheet to ${value.trim()}: format the column as text and paste it again` };
}

function readBoolean(field: RawField, format: FileFormat): FieldReading {
  const value = format === 'csv' ? { true: true, false: false }[field.text.toLowerCase()] : field.value;
  return value === null || typeof value === 'boolean'
    ? { value }
    : { reason: `must be true or false, got ${quote(field.text)}` };
}

function isPersonName(value: unknown): boolean {
  if (value === null) return true;
  if (typeof value !== 'object' || Array.isArray(value)) return false;
  return Object.entries(value).every(
    ([key, text]) => ['default', 'zh_cn', 'en_us'].includes(key) && (text === null || typeof text === 'string'),
  );
}

function quote(text: string): string {
  return text.startsWith('"') ? shorten(text) : `"${shorten(text)}"`;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
