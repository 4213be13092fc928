// Writes what is derived from the code: schema.graphql and the tables of the README. Runs on the build in dist/.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { flagOf, settings } from '../dist/config/settings.js';
import { failures } from '../dist/errors.js';

const cell = (text) => text.replaceAll('|', '\\|');
const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

const settingsTable = table(
  ['variable', 'flag', 'default', 'what it does'],
  Object.entries(settings).map(([name, { notes }]) => [
    `\`${name}\``,
    notes.isSecret ? `\`${flagOf(name)}-file\`` : `\`${flagOf(name)}\``,
    notes.default === undefined ? '' : `\`${notes.default}\``,
    notes.about,
  ]),
);

const errorsTable = table(
  ['code', 'when', 'retry?', 'status'],
  Object.entries(failures).map(([code, { when, retryable, httpStatus }]) => [
    `\`${code}\``,
    when,
    retryable ? 'yes, later' : 'no',
    String(httpStatus),
  ]),
);

const insert = (text, name, content) => {
  const place = new RegExp(`(<!-- generated: ${name} -->\n)[^]*?(<!-- end -->)`);
  if (!place.test(text)) throw new Error(`README.md: expected the markers of the generated part "${name}".`);
  return text.replace(place, (_, start, end) => `${start}${content}\n${end}`);
};

const readme = readFileSync('README.md', 'utf8');
writeFileSync('README.md', insert(insert(readme, 'settings', settingsTable), 'errors', errorsTable));
writeFileSync('schema.graphql', execFileSync(process.execPath, ['dist/cli.js', 'schema']));
