import { FOUND, makeRequests, outcomesOf } from './look-ups.mjs';
import { runOpenLoop } from './open-loop.mjs';
import { quantile } from './statistics.mjs';
import { watchCalls } from './upstream-calls.mjs';

/** Answers that come later are nobody's any more. */
const DRAIN_MS = 12_000;

/**
 * @typedef {object} Load
 * @property {number} rate look-ups offered a second
 * @property {number} lookUpsPerRequest
 * @property {number} seconds
 * @property {number} firstNumber the person asked for first; the others follow
 */

/**
 * @typedef {object} LoadResult
 * @property {string} server
 * @property {number} lookUpsPerRequest
 * @property {number} offeredPerSecond
 * @property {number} answeredPerSecond look-ups answered with the right person
 * @property {number} offered
 * @property {number} answered
 * @property {Map<string, number>} errors share of the look-ups offered, by code
 * @property {number} p50Ms of the look-ups answered, from the moment they were due
 * @property {number} p99Ms
 * @property {import('./upstream-calls.mjs').UpstreamCalls} upstream
 * @property {number} serverCpu cores the server used, 1 being all of one
 * @property {number} lagP99Ms how late the generator sent
 * @property {number} lagMaxMs
 */

/**
 * Offers one load to one server and waits for what becomes of it.
 *
 * Answered a second: all look-ups offered in the window that were answered, divided by the time from the first one due to
 * the last person answered, but at least the window. So a server that answers a queue after the window gets credit for the
 * answers and is charged for the time, and no rate comes out higher than was offered. The quota counts in sliding seconds,
 * so a run of n seconds can hold n + 1 of them: 5 % above the ceiling are possible in 20 s.
 *
 * @param {import('./processes.mjs').RunningProcess} server
 * @param {string} sandboxUrl
 * @param {Load} load
 * @returns {Promise<LoadResult>}
 */
export async function offerLoad(server, sandboxUrl, { rate, lookUpsPerRequest, seconds, firstNumber }) {
  const requestsPerSecond = rate / lookUpsPerRequest;
  const count = Math.max(1, Math.round(requestsPerSecond * seconds));
  const requests = makeRequests({ count, lookUpsPerRequest, firstNumber });
  /** @type {Map<string, number>} */
  const outcomes = new Map();
  /** @type {number[]} */
  const latencies = [];
  let lastPersonAt = 0;

  const countCalls = await watchCalls(sandboxUrl);
  const cpuBefore = server.cpuSeconds();
  const startedAt = performance.now();
  const { windowMs, lagsMs } = await runOpenLoop({
    url: `${server.url}/graphql`,
    requests,
    requestsPerSecond,
    drainMs: DRAIN_MS,
    onAnswer(index, answer) {
      const request = requests[index] ?? { keys: [], body: '' };
      const found = answer.problem ? request.keys.map(() => answer.problem ?? '') : outcomesOf(request, answer);
      for (const outcome of found) {
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        if (outcome !== FOUND) continue;
        latencies.push(answer.latencyMs);
        lastPersonAt = Math.max(lastPersonAt, answer.at);
      }
    },
  });
  const tookSeconds = (performance.now() - startedAt) / 1000;
  const serverCpu = (server.cpuSeconds() - cpuBefore) / tookSeconds;

  const offered = count * lookUpsPerRequest;
  const answered = outcomes.get(FOUND) ?? 0;
  outcomes.delete(FOUND);
  return {
    server: server.name,
    lookUpsPerRequest,
    offeredPerSecond: rate,
    answeredPerSecond: answered / (Math.max(windowMs, lastPersonAt) / 1000),
    offered,
    answered,
    errors: new Map([...outcomes].map(([code, number]) => [code, number / offered])),
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    upstream: await countCalls(),
    serverCpu,
    lagP99Ms: quantile(lagsMs, 0.99),
    lagMaxMs: quantile(lagsMs, 1),
  };
}
