import { CsvError, parse } from 'csv-parse/sync';
import type { Mistake, RawField, RawPeople } from './people-file.ts';
import { isPersonField, unknownField } from './person-fields.ts';

interface CsvRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/** Reads CSV with commas and a header row. An empty cell is a field left out; `true` and `false` and numbers stay texts. */
export function parsePeopleCsv(text: string): RawPeople {
  const mistakes: Mistake[] = [];
  const [header, ...records] = readRecords(text, mistakes);
  if (!header) return { people: [], mistakes };
  const columns = header.record;
  for (const [at, column] of columns.entries()) {
    if (!isPersonField(column, 'csv')) mistakes.push({ line: 1, reason: unknownField(column, 'csv') });
    if (columns.indexOf(column) < at) mistakes.push({ line: 1, reason: `column ${column} is given twice` });
  }

  const people = records.map(({ record, info }) => {
    // csv-parse counts the line on which a record ends.
    const line = info.lines - (record.join('').split('\n').length - 1);
    if (record.length !== columns.length) {
      mistakes.push({ line, reason: `expected ${columns.length} cells as in the header, got ${record.length}` });
    }
    const cells = columns.flatMap((column, at): [string, RawField][] => {
      const cell = record[at] ?? '';
      return cell === '' || !isPersonField(column, 'csv') ? [] : [[column, { line, value: cell, text: cell }]];
    });
    return { line, fields: new Map(cells) };
  });
  return { people, mistakes };
}

function readRecords(text: string, mistakes: Mistake[]): readonly CsvRecord[] {
  try {
    const options = { bom: true, info: true, relax_column_count: true, skip_empty_lines: true, record_delimiter: '\n' };
    // One kind of line end, because csv-parse counts a CRLF inside quotes as two lines.
    return parse(text.replace(/\r\n?/g, '\n'), options) as unknown as CsvRecord[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    mistakes.push({ line: Number(error.lines ?? 1), reason: `malformed CSV: ${error.message}` });
    return [];
  }
}
