/**
 * What an answer costs where the quota is not what limits: the gateway, the plain stack and other GraphQL servers in front of
 * one upstream, in one run. See README.md for the method and the columns.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine } from './machine.mjs';
import { startProcess } from './processes.mjs';
import { DEFAULT_DIST } from './servers.mjs';
import { WRONG_PERSON } from './speed/answers.mjs';
import { CANDIDATES, startCandidate } from './speed/candidates.mjs';
import { shareCores } from './speed/cores.mjs';
import { makePeople } from './speed/people.mjs';
import { measureQuota } from './speed/quota-load.mjs';
import { ONE_AT_A_TIME, speedChart, speedReport } from './speed/report.mjs';
import { runScenario } from './speed/rounds.mjs';
import { SCENARIOS } from './speed/scenarios.mjs';
import { measureStartUps } from './speed/start-ups.mjs';
import { timeStraightCalls } from './speed/straight-call.mjs';

const QUOTA = 'quota';
const UPSTREAM = fileURLToPath(new URL('speed/upstream.mjs', import.meta.url));

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    'warm-up': { type: 'string', default: '15' },
    'quota-seconds': { type: 'string', default: '20' },
    scenarios: { type: 'string', default: [...SCENARIOS.map(({ name }) => name), QUOTA].join(',') },
    servers: { type: 'string', default: CANDIDATES.map(({ name }) => name).join(',') },
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
const scenarioNames = chosen(flags.scenarios, [...SCENARIOS.map(({ name }) => name), QUOTA]);
const serverNames = chosen(
  flags.servers,
  CANDIDATES.map(({ name }) => name),
);
const scenarios = SCENARIOS.filter(({ name }) => scenarioNames.includes(name));
const candidates = CANDIDATES.filter(({ name }) => serverNames.includes(name));
const rounds = Number(flags.rounds);
const tell = (/** @type {string} */ line) => process.stderr.write(`${line}\n`);

const core = shareCores();
const machine = `${describeMachine()}${core === undefined ? ', servers on whatever core is free' : ''}`;
tell(machine);
const upstream = await startProcess('upstream', [UPSTREAM, flags.dist, flags.people]);
const { askedFor: people } = await makePeople(flags.dist, Number(flags.people));
const [person] = people;
const [{ body: bodyOf }] = SCENARIOS;
const surroundings = { dist: flags.dist, upstreamUrl: upstream.url, core };
const first = { person, body: bodyOf([person]) };

const { startUps, failures } = await measureStartUps(candidates, surroundings, { ...first, times: rounds });
for (const [name, why] of failures) tell(`${name} is not measured: ${why}`);
const started = candidates.filter(({ name }) => !failures.has(name));
const isAnyCached = scenarios.some(({ isCached }) => isCached);
const contestants = [];
for (const candidate of started) {
  const { server: process } = await startCandidate(candidate, surroundings, { ...first, isCached: false });
  const withCache =
    isAnyCached && candidate.hasCache
      ? (await startCandidate(candidate, surroundings, { ...first, isCached: true })).server
      : process;
  contestants.push({ ...candidate, name: candidate.title ?? candidate.name, process, withCache });
}

const results = [];
for (const scenario of scenarios) {
  const entries = contestants
    .filter(({ scenarios: known }) => known?.includes(scenario.name) ?? true)
    .map(({ name, process, withCache }) => ({ name, process: scenario.isCached ? withCache : process }));
  results.push(
    ...(await runScenario(scenario, entries, {
      upstream,
      people,
      seconds: Number(flags.seconds),
      warmUpSeconds: Number(flags['warm-up']),
      rounds,
      concurrency: flags.concurrency === undefined ? undefined : Number(flags.concurrency),
      tell,
    })),
  );
}
const straightMs = scenarioNames.includes(ONE_AT_A_TIME)
  ? await timeStraightCalls(upstream.url, people, Number(flags.seconds))
  : undefined;
for (const { name, process, withCache } of contestants) {
  if (![process, withCache].every(({ isRunning }) => isRunning())) failures.set(name, 'ended during the run');
}
for (const { stop } of new Set(contestants.flatMap(({ process, withCache }) => [process, withCache]))) await stop();
await upstream.stop();
const quota = scenarioNames.includes(QUOTA)
  ? await measureQuota(serverNames, { dist: flags.dist, core, seconds: Number(flags['quota-seconds']) })
  : [];

const measured = { results, startUps, quota, straightMs, failures };
process.stdout.write(`${machine}\n\n${speedReport(measured)}\n`);
if (flags.chart) {
  mkdirSync(dirname(flags.chart), { recursive: true });
  writeFileSync(flags.chart, speedChart(measured));
  process.stdout.write(`Chart: ${flags.chart}\n`);
}
const hasWrongPerson =
  results.some(({ wrong }) => wrong.has(WRONG_PERSON)) || quota.some(({ errors }) => errors.has(WRONG_PERSON));
if (hasWrongPerson) process.stdout.write('Somebody was answered with another person: that is a fault, not a figure.\n');
// The connections' keep-alive timers would hold the process for some seconds.
process.exit(hasWrongPerson ? 1 : 0);
