/**
 * A Redis that is stopped and resumed again and again: do its gateways answer as much as without it, and is the quota kept? See
 * README.md for the method and the columns.
 */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { describeMachine } from './machine.mjs';
import { formatErrors } from './quota-report.mjs';
import { offerToReplicas } from './replicas-load.mjs';
import { DEFAULT_DIST, startGateway, startLimitedSandbox, startRedis } from './servers.mjs';
import { formatNumber, formatTable } from './table.mjs';

const LATENCY_MS = 20;
const FOR_GOOD = Number.POSITIVE_INFINITY;
/** Gateways that share a quota are careful after their start. */
const SETTLED_MS = 6_000;
/** Flapping begins so much before the load. */
const FLAPS_BEFORE_MS = 1_500;

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '12' },
    rate: { type: 'string', default: '30' },
    periods: { type: 'string', default: '100,300,600,2000,5000' },
    gateways: { type: 'string', default: '1,2,3' },
    dist: { type: 'string', default: DEFAULT_DIST },
  },
});
const numbers = (/** @type {string} */ list) => list.split(',').map(Number);
const rate = Number(flags.rate);
const counts = numbers(flags.gateways);
const periods = [FOR_GOOD, ...numbers(flags.periods)];
/** Five times the longest period, so that a run has several of them. */
const secondsOf = (/** @type {number} */ period) =>
  period === FOR_GOOD ? Number(flags.seconds) : Math.max(Number(flags.seconds), (5 * period) / 1_000);
const people = counts.length * periods.reduce((sum, period) => sum + Math.ceil(secondsOf(period) * rate) + 100, 0);

const sandbox = await startLimitedSandbox(flags.dist, { people, latencyMs: LATENCY_MS });
process.stderr.write(`${describeMachine()}\n`);
/** @type {string[][]} */
const rows = [];
let hasWrongUser = false;
let firstNumber = 1;
for (const count of counts) {
  let fallbackPerSecond = Number.NaN;
  for (const period of periods) {
    const result = await measure(count, period);
    hasWrongUser ||= result.errors.has('WRONG_PERSON');
    if (period === FOR_GOOD) fallbackPerSecond = result.answeredPerSecond;
    const row = [
      String(count),
      period === FOR_GOOD ? 'for good' : formatNumber(period),
      formatNumber(result.answeredPerSecond, 1),
      `${formatNumber((100 * result.answeredPerSecond) / fallbackPerSecond)} %`,
      formatNumber(result.callsPerSecond, 1),
      String(result.mostCalls),
      formatNumber(result.p50Ms),
      formatNumber(result.p99Ms),
      formatNumber(result.lagP99Ms),
      formatErrors(result.errors),
    ];
    rows.push(row);
    process.stderr.write(`${row.join('  ')}\n`);
  }
}
await sandbox.stop();

const COLUMNS = [
  { title: 'gateways' },
  { title: 'stopped, running ms' },
  { title: 'answered/s' },
  { title: 'of the fallback' },
  { title: 'calls/s' },
  { title: 'most in 1 s' },
  { title: 'p50 ms' },
  { title: 'p99 ms' },
  { title: 'lag p99 ms' },
  { title: 'errors', isText: true },
];
process.stdout.write(`${describeMachine()}\n\n${formatTable(COLUMNS, rows)}\n`);
// The connections' keep-alive timers would hold the process for some seconds.
process.exit(hasWrongUser ? 1 : 0);

/**
 * The load through new gateways with a new Redis, which is stopped and resumed in turn.
 * @param {number} count
 * @param {number} period how long it is stopped, and then runs, in milliseconds
 */
async function measure(count, period) {
  const redis = await startRedis();
  const pid = await pidOf(redis.url);
  const gateways = await Promise.all(
    Array.from({ length: count }, () => startGateway(flags.dist, sandbox.url, { REDIS_URL: redis.url })),
  );
  await delay(SETTLED_MS);
  const flapping = new AbortController();
  const flapped = flap(pid, period, flapping.signal);
  await delay(FLAPS_BEFORE_MS);
  const load = { rate, lookUpsPerRequest: 1, seconds: secondsOf(period), firstNumber };
  firstNumber += Math.ceil(load.seconds * rate) + 100;
  const result = await offerToReplicas(String(count), gateways, sandbox.url, load);
  flapping.abort();
  await flapped;
  await Promise.all([...gateways, redis].map(({ stop }) => stop()));
  return result;
}

/**
 * @param {number} pid
 * @param {number} period
 * @param {AbortSignal} signal
 */
async function flap(pid, period, signal) {
  const wait = () =>
    period === FOR_GOOD ? once(signal, 'abort') : delay(period, undefined, { signal }).catch(() => {});
  while (!signal.aborted) {
    process.kill(pid, 'SIGSTOP');
    await wait();
    process.kill(pid, 'SIGCONT');
    if (!signal.aborted) await wait();
  }
}

/** Of the server itself, which runs below a shell. @param {string} url */
async function pidOf(url) {
  const client = new Redis(url);
  const pid = /process_id:(\d+)/.exec(await client.info('server'))?.[1];
  client.disconnect();
  if (pid === undefined) throw new Error('Expected the process id of Redis in INFO, got none.');
  return Number(pid);
}
