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

const ERRORS_PAGE = `# Errors

<!-- Written by \`npm run generate\` from src/errors.ts. -->

A person who does not exist is \`null\` **without** an error. Whatever goes wrong is \`null\` with one error at its own path and a
code in \`extensions.code\`; every field and list item beside it stays right. A fault is never shown as "not found", and never
remembered, but for a value that the user API refuses: that for a minute.

${errorsTable}

The status counts for a request that is refused as a whole. Field errors travel in a 200, as does every error for clients that
accept only \`application/json\`.

| in \`extensions\` | meaning |
| --- | --- |
| \`code\` | one of the above, or graphql-js' own: \`GRAPHQL_PARSE_FAILED\`, \`GRAPHQL_VALIDATION_FAILED\`, \`OPERATION_RESOLUTION_FAILURE\` |
| \`retryAfterMs\` | milliseconds after which asking again can succeed, with \`OVERLOADED\`, \`UPSTREAM_RATE_LIMITED\` and an open breaker |
| \`upstream.code\` | \`err_code\` of the user API, where it answered with one |
| \`upstream.logId\` | id of the call in the log of the user API: vendor support asks for it |

The own words of the user API are left out: they can name other people of the same call.
`;

const readme = readFileSync('README.md', 'utf8');
writeFileSync('README.md', insert(insert(readme, 'settings', settingsTable), 'errors', errorsTable));
writeFileSync('docs/errors.md', ERRORS_PAGE);
for (const [file, format] of [
  ['schema.graphql', 'api'],
  ['schema.federation.graphql', 'federation'],
  ['schema.stitching.graphql', 'stitching'],
]) {
  writeFileSync(file, execFileSync(process.execPath, ['dist/cli.js', 'schema', '--format', format]));
}
