import { median } from '../statistics.mjs';
import { runClosedLoop } from './closed-loop.mjs';

/**
 * @typedef {import('./closed-loop.mjs').Run} Run
 * @typedef {import('./scenarios.mjs').Scenario} Scenario
 * @typedef {Run & { scenario: string, server: string }} Result medians over the rounds; what was wrong, summed up
 * @typedef {{ name: string, process: import('../processes.mjs').RunningProcess }} Contestant
 */

/**
 * One scenario for all servers: each is warmed up, then every round gives each of them its turn. Nobody else is under load
 * meanwhile, and the one who goes first changes.
 *
 * @param {Scenario} scenario
 * @param {readonly Contestant[]} contestants
 * @param {{ upstream: import('../processes.mjs').RunningProcess, people: readonly import('./people.mjs').Person[], seconds: number, warmUpSeconds: number,
 *   rounds: number, concurrency: number | undefined, tell: (line: string) => void }} options
 * @returns {Promise<Result[]>}
 */
export async function runScenario(
  scenario,
  contestants,
  { upstream, people, warmUpSeconds, rounds, tell, ...options },
) {
  const order = scenario.order(people);
  const concurrency = scenario.concurrency === 1 ? 1 : (options.concurrency ?? scenario.concurrency);
  const entries = contestants.map((contestant) => ({
    ...contestant,
    load: { scenario, concurrency, nextPeople: createQueue(people, order, scenario.people) },
    runs: /** @type {Run[]} */ ([]),
  }));
  for (const { name, process, load } of entries) {
    const { wrong } = await runClosedLoop(process, upstream, { ...load, seconds: warmUpSeconds });
    if (wrong.size > 0) tell(`${scenario.name}  ${name}  warm-up: ${[...wrong].join(' ')}`);
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const place of entries.keys()) {
      const entry = entries[(place + round) % entries.length];
      if (!entry) continue;
      const run = await runClosedLoop(entry.process, upstream, { ...entry.load, seconds: options.seconds });
      entry.runs.push(run);
      const figures = `${Math.round(run.requestsPerCpuSecond)}/CPU s  ${Math.round(run.requestsPerSecond)}/s`;
      tell(`${scenario.name}  round ${round + 1}  ${entry.name}  ${figures}  ${[...run.wrong].join(' ')}`);
    }
  }
  return entries.map(({ name, runs }) => ({ scenario: scenario.name, server: name, ...summarise(runs) }));
}

/**
 * The people of one request after the other, as no other request of this server asks for them until all had their turn.
 *
 * @param {readonly import('./people.mjs').Person[]} people
 * @param {import('./scenarios.mjs').Order} order
 * @param {number} count
 */
function createQueue(people, order, count) {
  let at = 0;
  return () => {
    const next = Array.from({ length: count }, (_, index) => people[order(at + index)]);
    at += count;
    return next;
  };
}

/** @param {readonly Run[]} runs @returns {Run} */
function summarise(runs) {
  /** @param {(run: Run) => number} figure */
  const of = (figure) => median(runs.map(figure));
  /** @type {Map<string, number>} */
  const wrong = new Map();
  for (const [verdict, count] of runs.flatMap((run) => [...run.wrong])) {
    wrong.set(verdict, (wrong.get(verdict) ?? 0) + count);
  }
  return {
    requests: runs.reduce((sum, { requests }) => sum + requests, 0),
    requestsPerCpuSecond: of((run) => run.requestsPerCpuSecond),
    requestsPerSecond: of((run) => run.requestsPerSecond),
    cpu: of((run) => run.cpu),
    otherCpu: of((run) => run.otherCpu),
    p50Ms: of((run) => run.p50Ms),
    p99Ms: of((run) => run.p99Ms),
    callsPerRequest: of((run) => run.callsPerRequest),
    callsPerThousand: of((run) => run.callsPerThousand),
    identifiersPerLookUp: of((run) => run.identifiersPerLookUp),
    residentMb: Math.max(...runs.map(({ residentMb }) => residentMb)),
    wrong,
  };
}
