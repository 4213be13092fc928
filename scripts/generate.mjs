// Writes what is derived from the code: schema.graphql, the tables of the README, and pages of docs/. Runs on the build in dist/.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { browserSettings } from '../dist/config/settings/browser.js';
import { cacheSettings } from '../dist/config/settings/cache.js';
import { callerSettings } from '../dist/config/settings/callers.js';
import { documentSettings } from '../dist/config/settings/documents.js';
import { logSettings } from '../dist/config/settings/logs.js';
import { replicaSettings } from '../dist/config/settings/replicas.js';
import { sandboxSettings } from '../dist/config/settings/sandbox.js';
import { serverSettings } from '../dist/config/settings/server.js';
import { upstreamSettings } from '../dist/config/settings/upstream.js';
import { flagOf, settingNames, settings } from '../dist/config/settings.js';
import { failures } from '../dist/errors.js';
import { optionsTables } from './options-tables.mjs';

const cell = (text) => text.replaceAll('|', '\\|');
const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

const settingsTable = (names) =>
  table(
    ['variable', 'flag', 'default', 'what it does'],
    names.map((name) => {
      const { notes } = settings[name];
      return [
        `\`${name}\``,
        notes.isSecret ? `\`${flagOf(name)}-file\`` : `\`${flagOf(name)}\``,
        notes.default === undefined ? '' : `\`${notes.default}\``,
        notes.about,
      ];
    }),
  );

/** What people ask for first; docs/configuration.md has them all. */
const ASKED_FOR_MOST = [
  'LARK_BASE_URL',
  'LARK_PLUGIN_ID',
  'LARK_PLUGIN_SECRET',
  'LARK_IDENTITY',
  'HOST',
  'PORT',
  'AUTH',
  'API_KEYS',
  'LARK_CALLS_PER_SECOND',
  'CACHE_TTL_SECONDS',
  'CORS_ORIGINS',
  'GRAPHIQL',
  'LOG_LEVEL',
  'SANDBOX',
];

/**
 * One group for each file of src/config/settings.
 * @type {[title: string, settings: object][]}
 */
const GROUPS = [
  ['The user API', upstreamSettings],
  ['The server', serverSettings],
  ['Callers', callerSettings],
  ['Cache', cacheSettings],
  ['Several gateways', replicaSettings],
  ['Documents and schema', documentSettings],
  ['Browsers', browserSettings],
  ['Logs', logSettings],
  ['The sandbox', sandboxSettings],
];

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
  if (!place.test(text)) throw new Error(`Expected the markers of the generated part "${name}".`);
  return text.replace(place, (_, start, end) => `${start}${content}\n${end}`);
};

const ERRORS_PAGE = `# Errors

<!-- Written by \`npm run generate\` from src/errors.ts. -->

A user that is not found is \`null\` **without** an error. A failure is \`null\` with one error at its own path and a code in
\`extensions.code\`; all other fields and list items are not affected. A failure is never reported as "not found" and never cached,
except an identifier that the user API rejects, which is cached for a minute.

${errorsTable}

The status is that of a request rejected as a whole; field errors are part of a 200 response. Clients that accept only
\`application/json\` get a 200 for an invalid document, invalid variables and \`OVERLOADED\`, as GraphQL over HTTP specifies; every other
error has its status for every client. An error response is \`application/graphql-response+json\` if the client accepts it.

An operation whose identifiers are all \`OVERLOADED\` is rejected as a whole: one error without a path, and no \`data\`. If one of them
is cached or in flight, each of the others has its error at its own path.

| in \`extensions\` | meaning |
| --- | --- |
| \`code\` | one of the above, or graphql-js' own: \`GRAPHQL_PARSE_FAILED\`, \`GRAPHQL_VALIDATION_FAILED\`, \`OPERATION_RESOLUTION_FAILURE\` |
| \`retryAfterMs\` | milliseconds after which a retry can succeed, with \`RATE_LIMITED\`, \`OVERLOADED\`, \`UPSTREAM_RATE_LIMITED\` and an open circuit breaker; for a request rejected as a whole also in whole seconds, as the HTTP header \`retry-after\` |
| \`upstream.code\` | \`err_code\` of the user API, if it returned one |
| \`upstream.logId\` | id of the call in the log of the user API, for vendor support |

The message of the user API is left out: it can contain identifiers of other users of the same batch.
`;

const grouped = GROUPS.flatMap(([, group]) => Object.keys(group));
const forgotten = settingNames.filter((name) => !grouped.includes(name));
if (forgotten.length > 0) throw new Error(`docs/configuration.md: in no group: ${forgotten.join(', ')}.`);

const CONFIGURATION_PAGE = `# Configuration

<!-- Written by \`npm run generate\` from src/config/settings.ts. -->

No setting is required: without a credential the embedded sandbox serves made-up users. \`node dist/cli.js init\` writes a \`.env\`
with every setting of this page, commented out; \`node dist/cli.js check\` tests the credential. ([Other ways to run a
command](../README.md#install))

- A setting is an environment variable, a line of \`.env\` in the current folder (or of the file that \`--settings-file\` names), or a flag.
  Flags win over the environment, the environment over \`.env\`. An empty value counts as not set.
- Every file is UTF-8, with or without a byte order mark. In \`.env\` a \`#\` begins a comment, also after a value: a value that
  contains one must be quoted. A setting must not appear twice.
- Settings are read once, at startup. All invalid settings are reported at once, with the expected and the actual value, and the gateway
  does not start.
- A secret is never read from the command line, which every program of a machine can see. It can be read from a file named by
  \`<NAME>_FILE\`.
- With \`NODE_ENV=production\` there is no GraphiQL, no introspection and no sandbox, unless set explicitly.
- \`HTTPS_PROXY\`, \`HTTP_PROXY\`, \`NO_PROXY\` and \`NODE_EXTRA_CA_CERTS\` apply to calls to the user API. \`NO_PROXY\` lists hosts
  (\`api.example.com\`, \`.example.com\`, \`10.0.0.1:8080\`), or is \`*\`; it takes no ranges of addresses.
${GROUPS.map(([title, group]) => `\n## ${title}\n\n${settingsTable(Object.keys(group))}\n`).join('')}`;

const readme = readFileSync('README.md', 'utf8');
writeFileSync('README.md', insert(insert(readme, 'settings', settingsTable(ASKED_FOR_MOST)), 'errors', errorsTable));
writeFileSync('docs/errors.md', ERRORS_PAGE);
const library = readFileSync('docs/library.md', 'utf8');
writeFileSync('docs/library.md', insert(library, 'options', optionsTables(table)));
writeFileSync('docs/configuration.md', CONFIGURATION_PAGE);
for (const [file, format] of [
  ['schema.graphql', 'api'],
  ['schema.federation.graphql', 'federation'],
  ['schema.stitching.graphql', 'stitching'],
]) {
  writeFileSync(file, execFileSync(process.execPath, ['dist/cli.js', 'schema', '--format', format]));
}
