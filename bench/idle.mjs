/**
 * What the gateway adds to a look-up when nothing else is going on: one look-up at a time through the gateway and through the
 * plain stack, in turn with the same POST made directly to the sandbox.
 */
import { parseArgs } from 'node:util';
import { directLookUp, graphqlLookUp, measureIdle, WARM_UP_ROUNDS } from './idle-look-ups.mjs';
import { describeMachine } from './machine.mjs';
import { DEFAULT_DIST, startGateway, startLimitedSandbox, startPlainStack } from './servers.mjs';
import { median, quantile } from './statistics.mjs';
import { formatNumber, formatTable } from './table.mjs';

const LATENCY_MS = 20;

const { values: flags } = parseArgs({
  options: { rounds: { type: 'string', default: '200' }, dist: { type: 'string', default: DEFAULT_DIST } },
});
const rounds = Number(flags.rounds);

const sandbox = await startLimitedSandbox(flags.dist, { people: rounds + WARM_UP_ROUNDS, latencyMs: LATENCY_MS });
const gateway = await startGateway(flags.dist, sandbox.url);
const plain = await startPlainStack(sandbox.url);
process.stderr.write(`${describeMachine()}\n`);

const names = ['sandbox, directly', 'gateway', 'plain stack'];
const ways = [await directLookUp(sandbox.url), graphqlLookUp(gateway.url), graphqlLookUp(plain.url)];
const latencies = await measureIdle(ways, { rounds, firstNumber: 1 });
for (const { stop } of [gateway, plain, sandbox]) await stop();

const direct = median(latencies[0] ?? []);
const columns = [{ title: 'way', isText: true }, { title: 'p50 ms' }, { title: 'p90 ms' }, { title: 'p50 added ms' }];
const rows = latencies.map((taken, index) => [
  names[index] ?? '',
  ...[median(taken), quantile(taken, 0.9), median(taken) - direct].map((ms) => formatNumber(ms, 2)),
]);
process.stdout.write(`${describeMachine()}\n\n${formatTable(columns, rows)}\n`);
// The connections' keep-alive timers would hold the process for some seconds.
process.exit();
