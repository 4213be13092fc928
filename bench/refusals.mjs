/**
 * How long the gateway takes to refuse what is over a limit, one request at a time: as long as that takes, nobody else is
 * answered.
 */
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { describeMachine } from './machine.mjs';
import { DEFAULT_DIST, startGateway, startLimitedSandbox } from './servers.mjs';
import { median, quantile } from './statistics.mjs';
import { formatNumber, formatTable } from './table.mjs';

const WARM_UP_ROUNDS = 5;
const HEADERS = { 'content-type': 'application/json', accept: 'application/graphql-response+json' };

const { values: flags } = parseArgs({
  options: { rounds: { type: 'string', default: '50' }, dist: { type: 'string', default: DEFAULT_DIST } },
});
const rounds = Number(flags.rounds) + WARM_UP_ROUNDS;

const PEOPLE = `query ($keys: [ID!]!) { users(keys: $keys) { ${repeat(64, (index) => `a${index}: name`)} } }`;

const requests = [
  { name: 'one field, answered', body: query('{ __typename }') },
  { name: '18-level fragment bomb', body: query(`{ ...F0 } ${fragmentBomb(18)}`) },
  { name: '50,000 e-mails', body: byEmail(50_000) },
  { name: '100,000 e-mails', body: byEmail(100_000) },
  // Answered, but with an error for each: the dearest errors that there are.
  { name: '1,000 malformed keys, 4,990 lines', body: malformedKeys(4_990) },
  { name: '1,000 people, 64 fields each', body: JSON.stringify({ query: PEOPLE, variables: { keys: keys(1_000) } }) },
  { name: '100 aliases', body: query(`{ ${repeat(100, (index) => `a${index}: __typename`)} }`) },
  { name: '10,000 aliases', body: query(`{ ${repeat(10_000, (index) => `a${index}: __typename`)} }`) },
  { name: 'one field 1,000 times', body: query(`{ user(key: "1") { ${repeat(1_000, () => 'key')} } }`) },
  { name: '2,000 levels of fields', body: query(`${'{a'.repeat(2_000)}${'}'.repeat(2_000)}`) },
  { name: '500,000 nested lists in variables', body: withVariables(nested('[', ']', 500_000)) },
  { name: '150,000 nested objects in variables', body: withVariables(nested('{"a":', '}', 150_000)) },
  { name: '300,000 empty lists in variables', body: withVariables(`[${repeat(300_000, () => '[]', ',')}]`) },
  { name: '70,000 fields in a variable', body: withVariables(`{${repeat(70_000, (index) => `"k${index}":1`, ',')}}`) },
  { name: 'one field 150,000 times in a variable', body: withVariables(`{${repeat(150_000, () => '"a":1', ',')}}`) },
  {
    name: '__proto__ 65,000 times in a variable',
    body: withVariables(`{${repeat(65_000, () => '"__proto__":{}', ',')}}`),
  },
];

const sandbox = await startLimitedSandbox(flags.dist, { people: 1, latencyMs: 0 });
const gateway = await startGateway(flags.dist, sandbox.url);
process.stderr.write(`${describeMachine()}\n`);
const pool = new Pool(gateway.url);

/** @type {string[][]} */
const rows = [];
for (const { name, body } of requests) {
  /** @type {number[]} */
  const latencies = [];
  let [status, answered] = [0, ''];
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now();
    const response = await pool.request({ path: '/graphql', method: 'POST', headers: HEADERS, body });
    answered = await response.body.text();
    status = response.statusCode;
    if (round >= WARM_UP_ROUNDS) latencies.push(performance.now() - startedAt);
  }
  const figures = [median(latencies), quantile(latencies, 0.9), Math.max(...latencies)];
  rows.push([
    name,
    formatNumber(body.length / 1_000),
    String(status),
    formatNumber(answered.length),
    ...figures.map((ms) => formatNumber(ms, 1)),
  ]);
}
for (const { stop } of [gateway, sandbox]) await stop();

const columns = [
  { title: 'request', isText: true },
  { title: 'kB' },
  { title: 'status' },
  { title: 'answer bytes' },
  { title: 'p50 ms' },
  { title: 'p90 ms' },
  { title: 'max ms' },
];
process.stdout.write(`${describeMachine()}\n\n${formatTable(columns, rows)}\n`);
// The connections' keep-alive timers would hold the process for some seconds.
process.exit();

/** @param {string} text */
function query(text) {
  return JSON.stringify({ query: text });
}

/** @param {number} count */
function byEmail(count) {
  return JSON.stringify({
    query: 'query ($emails: [String!]!) { usersByEmail(emails: $emails) { key } }',
    variables: { emails: Array.from({ length: count }, (_, index) => `u${index}@a.b`) },
  });
}

/**
 * Each fragment spreads the next one twice.
 * @param {number} levels
 */
function fragmentBomb(levels) {
  const fragments = repeat(levels, (level) => `fragment F${level} on Query { ...F${level + 1} ...F${level + 1} }`);
  return `${fragments} fragment F${levels} on Query { __typename }`;
}

/**
 * @param {number} times
 * @param {(index: number) => string} piece
 * @param {string} [separator]
 */
function repeat(times, piece, separator = ' ') {
  return Array.from({ length: times }, (_, index) => piece(index)).join(separator);
}

/** @param {string} variables As JSON. */
function withVariables(variables) {
  return `{"query":"query ($key: ID!) { user(key: $key) { key } }","variables":{"key":${variables}}}`;
}

/**
 * @param {string} open
 * @param {string} close
 * @param {number} levels
 */
function nested(open, close, levels) {
  return `${open.repeat(levels)}1${close.repeat(levels)}`;
}

/** @param {number} count */
function keys(count) {
  return Array.from({ length: count }, () => '7000000000000000001');
}

/** Empty texts in place of keys, in a document of so many lines. @param {number} lines */
function malformedKeys(lines) {
  const text = `${'\n'.repeat(lines)}query ($keys: [ID!]!) { users(keys: $keys) { key } }`;
  return JSON.stringify({ query: text, variables: { keys: keys(1_000).map(() => '') } });
}
