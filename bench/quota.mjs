/**
 * How many look-ups a second the quota of 15 upstream calls a second lets through: the gateway against the plain stack, in
 * one run. See README.md for the method and the columns.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { describeMachine } from './machine.mjs';
import { offerLoad } from './offered-load.mjs';
import { bestRatios, quotaChart, quotaLine, quotaTable } from './quota-report.mjs';
import { DEFAULT_DIST, startGateway, startLimitedSandbox, startPlainStack } from './servers.mjs';

const LATENCY_MS = 20;
/** Long enough for the sliding second of the quota to be empty, and for servers to close what they had queued. */
const PAUSE_MS = 2_500;
const WARM_UP = { rate: 500, lookUpsPerRequest: 5, seconds: 5 };

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    rates: { type: 'string', default: '50,200,500,1000,1400,2000' },
    shapes: { type: 'string', default: '5,1' },
    only: { type: 'string' },
    chart: { type: 'string' },
    dist: { type: 'string', default: DEFAULT_DIST },
  },
});
const numbers = (/** @type {string} */ list) => list.split(',').map(Number);
const seconds = Number(flags.seconds);
const loads = planLoads(numbers(flags.shapes), numbers(flags.rates));
const people = loads.reduce((sum, load) => sum + load.people, 1);

const sandbox = await startLimitedSandbox(flags.dist, { people, latencyMs: LATENCY_MS });
const servers = [
  ...(flags.only === 'plain' ? [] : [await startGateway(flags.dist, sandbox.url)]),
  ...(flags.only === 'gateway' ? [] : [await startPlainStack(sandbox.url)]),
];
process.stderr.write(`${describeMachine()}\n`);

/** @type {import('./offered-load.mjs').LoadResult[]} */
const results = [];
let firstNumber = 1;
for (const { isWarmUp, people: lookUps, ...load } of loads) {
  // Both ask for the same people: neither can know the other's answers.
  for (const server of servers) {
    const result = await offerLoad(server, sandbox.url, { ...load, firstNumber });
    await delay(PAUSE_MS);
    if (isWarmUp) continue;
    results.push(result);
    process.stderr.write(`${quotaLine(result)}\n`);
  }
  firstNumber += lookUps;
}
for (const { stop } of [...servers, sandbox]) await stop();

process.stdout.write(`${describeMachine()}\n\n${quotaTable(results)}\n\n`);
for (const line of bestRatios(results)) process.stdout.write(`${line}\n`);
if (flags.chart) {
  mkdirSync(dirname(flags.chart), { recursive: true });
  writeFileSync(flags.chart, quotaChart(results));
  process.stdout.write(`Chart: ${flags.chart}\n`);
}
if (results.some(({ errors }) => errors.has('WRONG_PERSON'))) {
  process.stdout.write('Somebody was answered with another person: that is a fault, not a figure.\n');
  process.exitCode = 1;
}

/**
 * @param {readonly number[]} shapes
 * @param {readonly number[]} rates
 */
function planLoads(shapes, rates) {
  const measured = shapes.flatMap((lookUpsPerRequest) =>
    rates.map((rate) => ({ rate, lookUpsPerRequest, seconds, isWarmUp: false })),
  );
  return [{ ...WARM_UP, isWarmUp: true }, ...measured].map((load) => ({
    ...load,
    people: (Math.ceil((load.rate * load.seconds) / load.lookUpsPerRequest) + 1) * load.lookUpsPerRequest,
  }));
}
