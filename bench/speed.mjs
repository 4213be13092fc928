/**
 * What an answer costs in the default configuration: the gateway, the plain stack and other GraphQL servers in front of one
 * upstream, in one run. See README.md for the method and the columns.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine } from './machine.mjs';
import { startProcess } from './processes.mjs';
import { DEFAULT_DIST } from './servers.mjs';
import { WRONG_PERSON } from './speed/answers.mjs';
import { CANDIDATES, startCandidate } from './speed/candidates.mjs';
import { shareCores } from './speed/cores.mjs';
import { measureHeapPerUser } from './speed/heap-per-user.mjs';
import { makePeople } from './speed/people.mjs';
import { measureQuota } from './speed/quota-load.mjs';
import { speedChart, speedReport } from './speed/report.mjs';
import { runScenario } from './speed/rounds.mjs';
import { SCENARIOS } from './speed/scenarios.mjs';
import { measureStartUps } from './speed/start-ups.mjs';

const QUOTA = 'quota';
const HEAP = 'heap';
const ALL_SCENARIOS = [...SCENARIOS.map(({ name }) => name), QUOTA, HEAP];
const ALL_SERVERS = CANDIDATES.map(({ name }) => name);
const UPSTREAM = fileURLToPath(new URL('speed/upstream.mjs', import.meta.url));

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    'warm-up': { type: 'string', default: '10' },
    'quota-seconds': { type: 'string', default: '20' },
    scenarios: { type: 'string', default: ALL_SCENARIOS.join(',') },
    servers: { type: 'string', default: ALL_SERVERS.join(',') },
    concurrency: { type: 'string' },
    people: { type: 'string', default: '200000' },
    chart: { type: 'string' },
    dist: { type: 'string', default: DEFAULT_DIST },
  },
});
const chosen = (/** @type {string} */ list, /** @type {readonly string[]} */ known) => {
  const names = list.split(',');
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`Expected some of ${known.join(', ')}, got ${unknown.join(', ')}.`);
  return names;
};
const scenarioNames = chosen(flags.scenarios, ALL_SCENARIOS);
const serverNames = chosen(flags.servers, ALL_SERVERS);
const candidates = CANDIDATES.filter(({ name }) => serverNames.includes(name));
const [seconds, warmUpSeconds, rounds] = [flags.seconds, flags['warm-up'], flags.rounds].map(Number);
const report = (/** @type {string} */ line) => process.stderr.write(`${line}\n`);

const core = shareCores();
const machine = [
  describeMachine(),
  new Date().toISOString().slice(0, 10),
  `load average ${loadavg()[0]?.toFixed(1)} at the start`,
  `\`--rounds ${rounds} --seconds ${seconds} --warm-up ${warmUpSeconds}\``,
  ...(core === undefined ? ['servers not pinned to a core'] : []),
].join(', ');
report(machine);
const upstream = await startProcess('upstream', [UPSTREAM, flags.dist, flags.people]);
const { askedFor: people } = await makePeople(flags.dist, Number(flags.people));
const options = { dist: flags.dist, upstreamUrl: upstream.url, core, person: people[0] };

const { startUps, failures } = await measureStartUps(candidates, options, rounds);
const started = candidates.filter(({ name }) => !failures.has(name));
/** @param {string} scenario */
const candidatesOf = (scenario) => started.filter(({ scenarios }) => scenarios?.includes(scenario) ?? true);

const results = [];
for (const scenario of SCENARIOS.filter(({ name }) => scenarioNames.includes(name))) {
  const contestants = [];
  for (const candidate of candidatesOf(scenario.name)) {
    contestants.push({ name: candidate.name, process: (await startCandidate(candidate, options)).server });
  }
  const concurrency = flags.concurrency === undefined ? undefined : Number(flags.concurrency);
  const limits = { upstream, people, seconds, warmUpSeconds, rounds, concurrency, report };
  results.push(...(await runScenario(scenario, contestants, limits)));
  for (const { name, process } of contestants) {
    if (!process.isRunning()) failures.set(name, `ended during ${scenario.name}`);
    await process.stop();
  }
}
const gateway = started.find(({ name }) => name === 'gateway');
const heap = gateway && scenarioNames.includes(HEAP) ? await measureHeapPerUser(gateway, options, people) : [];
await upstream.stop();
const quotaOptions = { dist: flags.dist, core, seconds: Number(flags['quota-seconds']) };
const quota = scenarioNames.includes(QUOTA) ? await measureQuota(candidatesOf(QUOTA), quotaOptions) : [];

const measured = { results, startUps, quota, heap, failures };
process.stdout.write(`${machine}\n\n${speedReport(measured)}\n`);
if (flags.chart) {
  mkdirSync(dirname(flags.chart), { recursive: true });
  writeFileSync(flags.chart, speedChart(measured));
  process.stdout.write(`Chart: ${flags.chart}\n`);
}
const hasWrongPerson =
  results.some(({ wrong }) => wrong.has(WRONG_PERSON)) || quota.some(({ errors }) => errors.has(WRONG_PERSON));
if (hasWrongPerson) process.stdout.write('A lookup was answered with another user: a fault of the server.\n');
// The connections' keep-alive timers would hold the process for some seconds.
process.exit(hasWrongPerson ? 1 : 0);
