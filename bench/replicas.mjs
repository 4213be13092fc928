/**
 * Several gateways with one quota in Redis: do they together keep it, use all of it, and share it fairly? And what does Redis
 * add to one look-up? See README.md for the method and the columns.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { graphqlLookUp, measureIdle, WARM_UP_ROUNDS } from './idle-look-ups.mjs';
import { describeMachine } from './machine.mjs';
import { offerToReplicas } from './replicas-load.mjs';
import { idleTable, ratiosTo, replicasLine, replicasTable } from './replicas-report.mjs';
import { DEFAULT_DIST, startGateway, startLimitedSandbox, startRedis } from './servers.mjs';

const LATENCY_MS = 20;
/** Long enough for the sliding second of the quota to be empty, and for replicas to close what they had queued. */
const PAUSE_MS = 2_500;
const WARM_UP = { rate: 500, lookUpsPerRequest: 5, seconds: 5 };
/** More is beyond two cores, which all of it shares: connections would pile up until the generator has no more of them. */
const MOST_REQUESTS_PER_SECOND = 1_000;
const WITHOUT_REDIS = '1 without Redis';

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    rates: { type: 'string', default: '1000,2000' },
    shapes: { type: 'string', default: '1,5' },
    replicas: { type: 'string', default: '1,2,4' },
    rounds: { type: 'string', default: '200' },
    dist: { type: 'string', default: DEFAULT_DIST },
  },
});
const numbers = (/** @type {string} */ list) => list.split(',').map(Number);
const seconds = Number(flags.seconds);
const rounds = Number(flags.rounds);
const loads = numbers(flags.shapes).flatMap((lookUpsPerRequest) =>
  numbers(flags.rates)
    .filter((rate) => rate / lookUpsPerRequest <= MOST_REQUESTS_PER_SECOND)
    .map((rate) => ({ rate, lookUpsPerRequest, seconds })),
);
const peopleOf = (/** @type {{ rate: number, seconds: number }} */ load) => Math.ceil(load.rate * load.seconds * 1.1);
const peopleOfGroup = [WARM_UP, ...loads].reduce((sum, load) => sum + peopleOf(load), 0);
const counts = numbers(flags.replicas);
const people = peopleOfGroup * (counts.length + 1) + WARM_UP_ROUNDS + rounds;

const sandbox = await startLimitedSandbox(flags.dist, { people, latencyMs: LATENCY_MS });
const redis = await startRedis();
const withRedis = { REDIS_URL: redis.url };
process.stderr.write(`${describeMachine()}\n`);

let firstNumber = 1;
const idle = await measureIdleWays();
/** @type {import('./replicas-load.mjs').ReplicasResult[]} */
const results = [];
await measureReplicas(WITHOUT_REDIS, 1, {});
for (const count of counts) await measureReplicas(String(count), count, withRedis);
for (const { stop } of [sandbox, redis]) await stop();

process.stdout.write(`${describeMachine()}\n\n${replicasTable(results)}\n\n`);
process.stdout.write(`${ratiosTo(results, WITHOUT_REDIS).join('\n')}\n\n${idleTable(idle)}\n`);
const hasWrongPerson = results.some(({ errors }) => errors.has('WRONG_PERSON'));
if (hasWrongPerson) process.stdout.write('Somebody was answered with another person: that is a fault, not a figure.\n');
// The connections' keep-alive timers would hold the process for some seconds.
process.exit(hasWrongPerson ? 1 : 0);

/**
 * Every load through so many replicas, which are new.
 * @param {string} name
 * @param {number} count
 * @param {Record<string, string>} settings
 */
async function measureReplicas(name, count, settings) {
  const replicas = await Promise.all(
    Array.from({ length: count }, () => startGateway(flags.dist, sandbox.url, settings)),
  );
  for (const load of [WARM_UP, ...loads]) {
    const result = await offerToReplicas(name, replicas, sandbox.url, { ...load, firstNumber });
    firstNumber += peopleOf(load);
    await delay(PAUSE_MS);
    if (load === WARM_UP) continue;
    results.push(result);
    process.stderr.write(`${replicasLine(result)}\n`);
  }
  await Promise.all(replicas.map(({ stop }) => stop()));
}

async function measureIdleWays() {
  const gateways = [
    { name: 'without Redis', gateway: await startGateway(flags.dist, sandbox.url) },
    { name: 'with Redis', gateway: await startGateway(flags.dist, sandbox.url, withRedis) },
  ];
  const latencies = await measureIdle(
    gateways.map(({ gateway }) => graphqlLookUp(gateway.url)),
    { rounds, firstNumber },
  );
  firstNumber += WARM_UP_ROUNDS + rounds;
  for (const { gateway } of gateways) await gateway.stop();
  return gateways.map(({ name }, index) => ({ name, latencies: latencies[index] ?? [] }));
}
