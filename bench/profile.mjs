/**
 * Where the time of one server goes, under the load of a scenario of `speed.mjs`. See README.md.
 *
 *   node bench/profile.mjs [--server plain] [--scenarios single,cold100] [--dist <of another version>]
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine } from './machine.mjs';
import { startProcess } from './processes.mjs';
import { DEFAULT_DIST } from './servers.mjs';
import { CANDIDATES, startCandidate } from './speed/candidates.mjs';
import { runClosedLoop } from './speed/closed-loop.mjs';
import { shareCores } from './speed/cores.mjs';
import { makePeople } from './speed/people.mjs';
import { createLoad } from './speed/rounds.mjs';
import { SCENARIOS } from './speed/scenarios.mjs';
import { formatNumber, formatTable } from './table.mjs';

const UPSTREAM = fileURLToPath(new URL('speed/upstream.mjs', import.meta.url));

const { values: flags } = parseArgs({
  options: {
    server: { type: 'string', default: 'gateway' },
    scenarios: { type: 'string', default: 'single,warm1,cold100' },
    seconds: { type: 'string', default: '6' },
    'warm-up': { type: 'string', default: '15' },
    people: { type: 'string', default: '200000' },
    dist: { type: 'string', default: DEFAULT_DIST },
  },
});
const candidate = CANDIDATES.find(({ name }) => name === flags.server);
if (!candidate)
  throw new Error(`Expected one of ${CANDIDATES.map(({ name }) => name).join(', ')}, got ${flags.server}.`);
const scenarios = flags.scenarios.split(',').map((name) => {
  const scenario = SCENARIOS.find((one) => one.name === name);
  if (!scenario) throw new Error(`Expected some of ${SCENARIOS.map((one) => one.name).join(', ')}, got ${name}.`);
  return scenario;
});

const core = shareCores();
const upstream = await startProcess('upstream', [UPSTREAM, flags.dist, flags.people]);
const { askedFor: people } = await makePeople(flags.dist, Number(flags.people));
const options = { dist: flags.dist, upstreamUrl: upstream.url, core, person: people[0] };

const profiles = [];
for (const scenario of scenarios) {
  const { server } = await startCandidate(candidate, options);
  const requests = createLoad(scenario, { people });
  const load = (/** @type {number} */ seconds) => runClosedLoop(server, upstream, { ...requests, seconds });
  await load(Number(flags['warm-up']));
  const seconds = Number(flags.seconds);
  const [run, shares] = await Promise.all([load(seconds + 0.5), server.profile(seconds)]);
  await server.stop();
  profiles.push({ run, shares });
}
await upstream.stop();

const parts = new Set(profiles.flatMap(({ shares }) => Object.keys(shares)));
/** @param {string} part */
const total = (part) => profiles.reduce((sum, { shares }) => sum + (shares[part] ?? 0), 0);
const rows = [...parts]
  .toSorted((one, other) => total(other) - total(one))
  .map((part) => [part, ...profiles.map(({ shares }) => `${formatNumber((shares[part] ?? 0) * 100)} %`)]);
const costs = profiles.map(({ run }) => formatNumber(1_000_000 / run.requestsPerCpuSecond));
const columns = [{ title: 'part', isText: true }, ...scenarios.map(({ name }) => ({ title: name }))];
process.stdout.write(`${describeMachine()}\n\n${formatTable(columns, [...rows, ['CPU µs a request', ...costs]])}\n`);
process.exit(0);
