/**
 * What the gateway adds to a look-up when nothing else is going on: one look-up at a time through the gateway and through the
 * plain stack, in turn with the same POST made directly to the sandbox.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { FOUND, makeRequests, outcomesOf } from './look-ups.mjs';
import { describeMachine } from './machine.mjs';
import { CREDENTIAL, DEFAULT_DIST, startGateway, startLimitedSandbox, startPlainStack } from './servers.mjs';
import { median, quantile } from './statistics.mjs';
import { formatNumber, formatTable } from './table.mjs';

const LATENCY_MS = 20;
const WARM_UP_ROUNDS = 30;
/** Three look-ups of some 25 ms and three pauses make a round of 150 ms: about 7 calls a second with each token. */
const PAUSE_MS = 25;

const { values: flags } = parseArgs({
  options: { rounds: { type: 'string', default: '200' }, dist: { type: 'string', default: DEFAULT_DIST } },
});
const rounds = Number(flags.rounds) + WARM_UP_ROUNDS;

const sandbox = await startLimitedSandbox(flags.dist, { people: rounds, latencyMs: LATENCY_MS });
const gateway = await startGateway(flags.dist, sandbox.url);
const plain = await startPlainStack(sandbox.url);
process.stderr.write(`${describeMachine()}\n`);

const requests = makeRequests({ count: rounds, lookUpsPerRequest: 1, firstNumber: 1 });
const ways = [
  { name: 'sandbox, directly', look: await directLookUp(sandbox.url), latencies: /** @type {number[]} */ ([]) },
  { name: 'gateway', look: graphqlLookUp(gateway.url), latencies: /** @type {number[]} */ ([]) },
  { name: 'plain stack', look: graphqlLookUp(plain.url), latencies: /** @type {number[]} */ ([]) },
];

for (const [round, request] of requests.entries()) {
  // The one who goes first changes, so that none is always behind the same neighbour.
  for (const place of ways.keys()) {
    const way = ways[(place + round) % ways.length];
    const startedAt = performance.now();
    await way?.look(request);
    const latencyMs = performance.now() - startedAt;
    if (round >= WARM_UP_ROUNDS) way?.latencies.push(latencyMs);
    await delay(PAUSE_MS);
  }
}
for (const { stop } of [gateway, plain, sandbox]) await stop();

const direct = median(ways[0]?.latencies ?? []);
const columns = [{ title: 'way', isText: true }, { title: 'p50 ms' }, { title: 'p90 ms' }, { title: 'p50 added ms' }];
const rows = ways.map(({ name, latencies }) => [
  name,
  ...[median(latencies), quantile(latencies, 0.9), median(latencies) - direct].map((ms) => formatNumber(ms, 2)),
]);
process.stdout.write(`${describeMachine()}\n\n${formatTable(columns, rows)}\n`);
// The connections' keep-alive timers would hold the process for some seconds.
process.exit();

/** @param {string} url */
function graphqlLookUp(url) {
  const post = poster(url);
  return async (/** @type {import('./look-ups.mjs').LookUpRequest} */ request) => {
    const [outcome] = outcomesOf(request, await post('/graphql', request.body));
    if (outcome !== FOUND) throw new Error(`A look-up at ${url} ended with ${outcome}.`);
  };
}

/** @param {string} url */
async function directLookUp(url) {
  const post = poster(url);
  const { pluginId, pluginSecret } = CREDENTIAL;
  const credential = { plugin_id: pluginId, plugin_secret: pluginSecret, type: 0 };
  const { data } = JSON.parse((await post('/open_api/authen/plugin_token', JSON.stringify(credential))).text);
  return async (/** @type {import('./look-ups.mjs').LookUpRequest} */ { keys }) => {
    const body = JSON.stringify({ user_keys: keys });
    const { text } = await post('/open_api/user/query', body, { 'x-plugin-token': data.token });
    if (JSON.parse(text).data?.[0]?.user_key !== keys[0]) throw new Error(`The sandbox answered ${text}.`);
  };
}

/** @param {string} url */
function poster(url) {
  const pool = new Pool(url);
  /**
   * @param {string} path
   * @param {string} body
   * @param {Record<string, string>} [headers]
   */
  return async (path, body, headers) => {
    const allHeaders = { 'content-type': 'application/json', accept: 'application/json', ...headers };
    const response = await pool.request({ path, method: 'POST', headers: allHeaders, body });
    return { status: response.statusCode, text: await response.body.text() };
  };
}
