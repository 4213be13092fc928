import { quantile } from '../statistics.mjs';
import { watchCalls } from '../upstream-calls.mjs';
import { judge, RIGHT } from './answers.mjs';
import { openConnection } from './connection.mjs';

/**
 * @typedef {object} Run one server under one load for a while
 * @property {number} requests answered right
 * @property {number} requestsPerCpuSecond of the server's process, all its threads
 * @property {number} requestsPerSecond
 * @property {number} cpu cores the server used, 1 being all of one
 * @property {number} otherCpu cores that upstream and generator used together
 * @property {number} p50Ms
 * @property {number} p99Ms
 * @property {number} callsPerThousand upstream calls for 1,000 lookups
 * @property {number} identifiersPerLookUp sent upstream: 1 less the cache hits
 * @property {number} residentMb the most seen
 * @property {Map<string, number>} wrong requests that were not answered right, by what was wrong
 */

/** Of so many answers one is compared in full. */
const IN_FULL_EVERY = 50;
const READ_MEMORY_EVERY_MS = 200;

/**
 * Keeps so many requests in flight, each followed by the next as soon as it is answered. Requests in flight at the end are
 * waited for and count, as their cost does.
 *
 * @param {import('../processes.mjs').RunningProcess} server
 * @param {import('../processes.mjs').RunningProcess} upstream
 * @param {{ seconds: number, concurrency: number, nextPeople: () => import('./people.mjs').Person[],
 *   nextNumber: () => number, scenario: import('./scenarios.mjs').Scenario }} load
 * @returns {Promise<Run>}
 */
export async function runClosedLoop(server, upstream, { seconds, concurrency, nextPeople, nextNumber, scenario }) {
  /** @type {number[]} */
  const latencies = [];
  /** @type {Map<string, number>} */
  const wrong = new Map();
  let asked = 0;
  let residentMb = 0;

  const open = () => openConnection(`${server.url}/graphql`);
  const connections = await Promise.all(Array.from({ length: concurrency }, open));
  const countCalls = await watchCalls(upstream.url);
  const watch = setInterval(() => {
    if (server.isRunning()) residentMb = Math.max(residentMb, server.residentMb());
  }, READ_MEMORY_EVERY_MS);
  const cpuBefore = server.cpuSeconds();
  const otherCpuBefore = upstream.cpuSeconds() + ownCpuSeconds();
  const startedAt = performance.now();
  const endAt = startedAt + seconds * 1000;

  /** @param {string} verdict */
  const tell = (verdict) => void wrong.set(verdict, (wrong.get(verdict) ?? 0) + 1);

  /**
   * A connection that is lost is not opened again: that it was lost is what the run has to say.
   * @param {Awaited<ReturnType<typeof open>>} connection
   */
  const askInTurn = async (connection) => {
    while (performance.now() < endAt) {
      const people = nextPeople();
      const request = scenario.request(people, nextNumber());
      asked += 1;
      const inFull = asked % IN_FULL_EVERY === 1;
      const sentAt = performance.now();
      const reply = await connection.send(request).catch((error) => {
        tell(error.code ?? 'CONNECTION_LOST');
      });
      if (!reply) return;
      const answeredAt = performance.now();
      const verdict = judge(people, reply, { inFull });
      if (verdict === RIGHT) latencies.push(answeredAt - sentAt);
      else tell(verdict);
    }
  };
  try {
    await Promise.all(connections.map(askInTurn));
  } finally {
    clearInterval(watch);
    for (const connection of connections) connection.close();
  }
  const tookSeconds = (performance.now() - startedAt) / 1000;
  const cpuSeconds = server.cpuSeconds() - cpuBefore;
  const otherCpuSeconds = upstream.cpuSeconds() + ownCpuSeconds() - otherCpuBefore;
  const { calls, identifiers } = await countCalls();
  const requests = latencies.length;
  return {
    requests,
    requestsPerCpuSecond: requests / cpuSeconds,
    requestsPerSecond: requests / tookSeconds,
    cpu: cpuSeconds / tookSeconds,
    otherCpu: otherCpuSeconds / tookSeconds,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    callsPerThousand: (calls / asked / scenario.people) * 1000,
    identifiersPerLookUp: identifiers / asked / scenario.people,
    residentMb: Math.max(residentMb, server.residentMb()),
    wrong,
  };
}

function ownCpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
}
