import { setTimeout as delay } from 'node:timers/promises';
import { median } from '../statistics.mjs';
import { runClosedLoop } from './closed-loop.mjs';

/**
 * @typedef {import('./closed-loop.mjs').Run} Run
 * @typedef {import('./scenarios.mjs').Scenario} Scenario
 * @typedef {Run & { scenario: string, server: string }} Result medians over the rounds; what was wrong, summed up
 * @typedef {{ name: string, process: import('../processes.mjs').RunningProcess }} Contestant
 */

/**
 * @typedef {object} Options
 * @property {import('../processes.mjs').RunningProcess} upstream
 * @property {readonly import('./people.mjs').Person[]} people
 * @property {number} seconds of a round
 * @property {number} warmUpSeconds
 * @property {number} rounds
 * @property {number | undefined} concurrency in place of the scenario's own, except where that is 1
 * @property {(line: string) => void} tell
 */

const WARM_UP = 'warm-up';
/** What a server does after its turn, collecting its garbage say, takes nothing from the next. */
const PAUSE_MS = 1_000;

/**
 * One scenario for all servers: each is warmed up, then every round gives each of them its turn. Nobody else is under load
 * meanwhile, and nobody has the same one before them in two rounds, as far as there are enough.
 *
 * @param {Scenario} scenario
 * @param {readonly Contestant[]} contestants
 * @param {Options} options
 * @returns {Promise<Result[]>} none of a server that has ended before it was measured
 */
export async function runScenario(scenario, contestants, options) {
  const { upstream, people, seconds, warmUpSeconds, rounds, tell } = options;
  const order = scenario.order(people);
  const concurrency = scenario.concurrency === 1 ? 1 : (options.concurrency ?? scenario.concurrency);
  const entries = contestants.map((contestant) => ({
    ...contestant,
    load: { scenario, concurrency, nextPeople: createQueue(people, order, scenario.people) },
    runs: /** @type {Run[]} */ ([]),
  }));

  /**
   * @param {(typeof entries)[number]} entry
   * @param {string} name of the turn
   * @param {number} forSeconds
   */
  const turn = async (entry, name, forSeconds) => {
    if (!entry.process.isRunning()) return;
    try {
      const run = await runClosedLoop(entry.process, upstream, { ...entry.load, seconds: forSeconds });
      if (name !== WARM_UP) entry.runs.push(run);
      const figures = `${Math.round(run.requestsPerCpuSecond)}/CPU s  ${Math.round(run.requestsPerSecond)}/s`;
      tell(`${scenario.name}  ${name}  ${entry.name}  ${figures}  ${[...run.wrong].join(' ')}`);
    } catch (error) {
      // Of a server that has ended there is nothing more to read. Whatever else it is, is a fault of the benchmark.
      if (entry.process.isRunning()) throw error;
      tell(`${scenario.name}  ${name}  ${entry.name} ended: ${entry.process.complaints()}`);
    }
  };

  for (const entry of entries) await turn(entry, WARM_UP, warmUpSeconds);
  for (let round = 0; round < rounds; round += 1) {
    for (const place of orderOf(round, entries.length)) {
      const entry = entries[place];
      await delay(PAUSE_MS);
      if (entry) await turn(entry, `round ${round + 1}`, seconds);
    }
  }
  return entries
    .filter(({ runs }) => runs.length > 0)
    .map(({ name, runs }) => ({ scenario: scenario.name, server: name, ...summarise(runs) }));
}

/**
 * Of Williams: 0, 1, n - 1, 2, n - 2 and so on, everybody one further in the next round.
 * @param {number} round
 * @param {number} count
 */
const orderOf = (round, count) =>
  Array.from({ length: count }, (_, index) => {
    const first = index % 2 === 1 ? (index + 1) / 2 : (count - index / 2) % count;
    return (first + round) % count;
  });

/**
 * The people of one request after the other, as no other request of this server asks for them until all had their turn.
 *
 * @param {readonly import('./people.mjs').Person[]} people
 * @param {import('./scenarios.mjs').Order} order
 * @param {number} count
 */
export function createQueue(people, order, count) {
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
