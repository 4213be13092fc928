import { extname } from 'node:path';
import { NotUtf8Error, readTextFile } from '../text-file.ts';
import { checkPeople } from './check-people.ts';
import { parsePeopleCsv } from './people-csv.ts';
import type { Mistake, RawPeople } from './people-file.ts';
import { parsePeopleJson } from './people-json.ts';
import type { SandboxPerson } from './person.ts';
import type { FileFormat } from './person-fields.ts';

/** More would scroll the first, which is often the cause of the others, off the screen. */
const MAX_MISTAKES_SHOWN = 20;

const PARSERS: Readonly<Record<FileFormat, (text: string) => RawPeople>> = {
  json: parsePeopleJson,
  csv: parsePeopleCsv,
};

/**
 * Loads the operator's own people for `startSandbox({ people })` from a JSON array of objects or from CSV with a header
 * row, in UTF-8. Fields and columns are those of `SandboxPerson`; only `user_key` is required.
 *
 * @throws Error naming all mistakes in the file (the first 20), each as `path:line: reason`; or that it cannot be read.
 */
export async function loadPeople(path: string): Promise<SandboxPerson[]> {
  const format = formatOf(path);
  const text = read(path);
  if (text.trim() === '') throw refusal(path, [{ line: 1, reason: 'the file is empty, expected people' }]);

  const raw = PARSERS[format](text);
  const checked = checkPeople(raw.people, format);
  const mistakes = [...raw.mistakes, ...checked.mistakes].toSorted((a, b) => a.line - b.line);
  if (mistakes.length === 0 && checked.people.length === 0) {
    throw refusal(path, [{ line: 1, reason: 'there is nobody in the file, expected people' }]);
  }
  if (mistakes.length > 0) throw refusal(path, mistakes);
  return [...checked.people];
}

function formatOf(path: string): FileFormat {
  const format = extname(path).slice(1).toLowerCase();
  if (format === 'json' || format === 'csv') return format;
  throw new Error(`A file of people must end in .json or .csv, got ${path}.`);
}

/** Spreadsheets on Chinese Windows save CSV as GBK unless told otherwise: names would be garbled silently. */
function read(path: string): string {
  try {
    return readTextFile(path);
  } catch (cause) {
    throw cause instanceof NotUtf8Error
      ? new Error(
          `${path}: expected text in UTF-8, got ${cause.found}: save it again as UTF-8 ("CSV UTF-8" in Excel).`,
          { cause },
        )
      : new Error(`The file of people cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

function refusal(path: string, mistakes: readonly Mistake[]): Error {
  const shown = mistakes.slice(0, MAX_MISTAKES_SHOWN).map(({ line, reason }) => `${path}:${line}: ${reason}`);
  const hidden = mistakes.length - shown.length;
  return new Error([...shown, ...(hidden > 0 ? [`… and ${hidden} more mistakes`] : [])].join('\n'));
}
