/**
 * Whether the gateway keeps a constant size: a million different people through one process, its resident memory read on
 * the way. The upstream has neither latency nor limit here.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { userKey } from './look-ups.mjs';
import { describeMachine } from './machine.mjs';
import { describeGrowth, memoryChart, memoryTable } from './memory-report.mjs';
import { DEFAULT_DIST, startGateway, startUnlimitedSandbox } from './servers.mjs';

const LIST_LENGTH = 1_000;
const LISTS_AT_ONCE = 2;
const QUERY = 'query Users($keys: [ID!]!) { users(keys: $keys) { key name email status } }';

const { values: flags } = parseArgs({
  options: {
    lookups: { type: 'string', default: '1000000' },
    every: { type: 'string', default: '50000' },
    chart: { type: 'string' },
    dist: { type: 'string', default: DEFAULT_DIST },
  },
});
const lookUps = Number(flags.lookups);
const sampleEvery = Number(flags.every);

process.stderr.write(`${describeMachine()}\nMaking up ${lookUps.toLocaleString('en')} people takes a while.\n`);
const sandbox = await startUnlimitedSandbox(flags.dist, { people: lookUps });
const gateway = await startGateway(flags.dist, sandbox.url, { LARK_CALLS_PER_SECOND: '100000' });
const pool = new Pool(gateway.url);

/** @type {import('./memory-report.mjs').Sample[]} */
const samples = [{ lookUps: 0, residentMb: gateway.residentMb(), seconds: 0 }];
const startedAt = performance.now();
let asked = 0;
let answered = 0;
let failed = 0;
await Promise.all(Array.from({ length: LISTS_AT_ONCE }, askInTurn));
for (const { stop } of [gateway, sandbox]) await stop();
await pool.destroy();

process.stdout.write(`${describeMachine()}\n\n${memoryTable(samples)}\n\n${describeGrowth(samples)}\n`);
if (failed > 0) process.stdout.write(`${failed} look-ups were not answered with the person asked for.\n`);
if (flags.chart) {
  mkdirSync(dirname(flags.chart), { recursive: true });
  writeFileSync(flags.chart, memoryChart(samples));
  process.stdout.write(`Chart: ${flags.chart}\n`);
}

async function askInTurn() {
  while (asked < lookUps) {
    const first = asked + 1;
    asked += LIST_LENGTH;
    failed += await askFor(Array.from({ length: LIST_LENGTH }, (_, index) => userKey(first + index)));
    answered += LIST_LENGTH;
    if (answered % sampleEvery === 0) {
      const seconds = (performance.now() - startedAt) / 1000;
      samples.push({ lookUps: answered, residentMb: gateway.residentMb(), seconds });
    }
  }
}

/**
 * @param {string[]} keys
 * @returns {Promise<number>} how many were not answered with the person asked for
 */
async function askFor(keys) {
  const response = await pool.request({
    path: '/graphql',
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query: QUERY, variables: { keys } }),
  });
  const { data } = /** @type {{ data?: { users: ({ key: string } | null)[] } }} */ (await response.body.json());
  return keys.filter((key, index) => data?.users[index]?.key !== key).length;
}
