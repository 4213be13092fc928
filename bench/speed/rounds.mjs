import { setTimeout as delay } from 'node:timers/promises';
import { median } from '../statistics.mjs';
import { runClosedLoop } from './closed-loop.mjs';

/**
 * @typedef {import('./closed-loop.mjs').Run} Run
 * @typedef {import('./scenarios.mjs').Scenario} Scenario
 * @typedef {Run & { scenario: string, server: string, rates: number[] }} Result medians over the rounds, wrong answers summed up;
 *   rates: requests per CPU second, round by round
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
 * @property {(line: string) => void} report
 */

/** What a server does after its run, collecting its garbage say, takes nothing from the next. */
const PAUSE_MS = 1_000;
/** Fills the cache again, before a run of a warm scenario: entries expire while the other servers are measured. */
const FILL_SECONDS = 1;

/**
 * One scenario for all servers: each is warmed up, then every round measures each of them, one at a time, in another order.
 *
 * @param {Scenario} scenario
 * @param {readonly Contestant[]} contestants
 * @param {Options} options
 * @returns {Promise<Result[]>} none of a server that has ended before it was measured
 */
export async function runScenario(scenario, contestants, options) {
  const { upstream, seconds, warmUpSeconds, rounds, report } = options;
  const entries = contestants.map((contestant) => ({
    ...contestant,
    load: createLoad(scenario, options),
    runs: /** @type {Run[]} */ ([]),
  }));

  /**
   * @param {(typeof entries)[number]} entry
   * @param {string} name
   * @param {number} forSeconds
   */
  const run = async (entry, name, forSeconds) => {
    if (!entry.process.isRunning()) return undefined;
    try {
      const figures = await runClosedLoop(entry.process, upstream, { ...entry.load, seconds: forSeconds });
      const rates = `${Math.round(figures.requestsPerCpuSecond)}/CPU s  ${Math.round(figures.requestsPerSecond)}/s`;
      report(`${scenario.name}  ${name}  ${entry.name}  ${rates}  ${[...figures.wrong].join(' ')}`);
      return figures;
    } catch (error) {
      // Of a server that has ended there is nothing more to read. Any other error is a fault of the benchmark.
      if (entry.process.isRunning()) throw error;
      report(`${scenario.name}  ${name}  ${entry.name} ended: ${entry.process.complaints()}`);
      return undefined;
    }
  };

  for (const entry of entries) await run(entry, 'warm-up', warmUpSeconds);
  for (let round = 0; round < rounds; round += 1) {
    for (const place of orderOf(round, entries.length)) {
      const entry = entries[place];
      if (!entry) continue;
      await delay(PAUSE_MS);
      if (scenario.isWarm) await run(entry, 'fill', FILL_SECONDS);
      const figures = await run(entry, `round ${round + 1}`, seconds);
      if (figures) entry.runs.push(figures);
    }
  }
  return entries
    .filter(({ runs }) => runs.length > 0)
    .map(({ name, runs }) => ({ scenario: scenario.name, server: name, ...summarise(runs) }));
}

/**
 * Of Williams: 0, 1, n - 1, 2, n - 2 and so on, each one further in the next round.
 * @param {number} round
 * @param {number} count
 */
const orderOf = (round, count) =>
  Array.from({ length: count }, (_, index) => {
    const first = index % 2 === 1 ? (index + 1) / 2 : (count - index / 2) % count;
    return (first + round) % count;
  });

/**
 * The requests of one server, one after the other.
 *
 * @param {Scenario} scenario
 * @param {{ people: readonly import('./people.mjs').Person[], concurrency?: number | undefined }} options
 */
export function createLoad(scenario, { people, concurrency }) {
  const order = scenario.order(people);
  let at = 0;
  let number = 0;
  return {
    scenario,
    concurrency: scenario.concurrency === 1 ? 1 : (concurrency ?? scenario.concurrency),
    nextPeople: () => {
      const next = Array.from({ length: scenario.people }, (_, index) => people[order(at + index)]);
      at += scenario.people;
      return next;
    },
    nextNumber: () => {
      number += 1;
      return number;
    },
  };
}

/** @param {readonly Run[]} runs @returns {Run & { rates: number[] }} */
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
    rates: runs.map(({ requestsPerCpuSecond }) => requestsPerCpuSecond),
    requestsPerSecond: of((run) => run.requestsPerSecond),
    cpu: of((run) => run.cpu),
    otherCpu: of((run) => run.otherCpu),
    p50Ms: of((run) => run.p50Ms),
    p99Ms: of((run) => run.p99Ms),
    callsPerThousand: of((run) => run.callsPerThousand),
    identifiersPerLookUp: of((run) => run.identifiersPerLookUp),
    residentMb: Math.max(...runs.map(({ residentMb }) => residentMb)),
    wrong,
  };
}
