import { FOUND, makeRequests, outcomesOf } from './look-ups.mjs';
import { runOpenLoop } from './open-loop.mjs';
import { quantile } from './statistics.mjs';
import { watchCalls } from './upstream-calls.mjs';

/** Answers that come later are nobody's any more. */
const DRAIN_MS = 12_000;

/**
 * @typedef {object} ReplicasResult
 * @property {string} name
 * @property {number} lookUpsPerRequest
 * @property {number} offeredPerSecond over all replicas
 * @property {number} answeredPerSecond look-ups answered with the right person
 * @property {number} callsPerSecond from the first call to the last, as the sandbox saw them
 * @property {number} mostCalls in any sliding second
 * @property {number} idsPerCall
 * @property {number} limited calls answered 429
 * @property {number} leastShare of all people answered: those whom the replica answered that answered the fewest
 * @property {number} p50Ms of the look-ups answered, from the moment they were due
 * @property {number} p99Ms
 * @property {number} busiestCpu cores the busiest replica used, 1 being all of one
 * @property {number} lagP99Ms how late the generator sent
 * @property {Map<string, number>} errors share of the look-ups offered, by code
 */

/**
 * Offers one load to several replicas, to each the same, and waits for what becomes of it. See `offerLoad` for what a second of
 * "answered a second" is.
 *
 * @param {string} name
 * @param {readonly import('./processes.mjs').RunningProcess[]} replicas
 * @param {string} sandboxUrl
 * @param {import('./offered-load.mjs').Load} load
 * @returns {Promise<ReplicasResult>}
 */
export async function offerToReplicas(name, replicas, sandboxUrl, load) {
  const { rate, lookUpsPerRequest, seconds, firstNumber } = load;
  const requestsPerSecond = rate / lookUpsPerRequest / replicas.length;
  const count = Math.max(1, Math.round(requestsPerSecond * seconds));
  /** @type {Map<string, number>} */
  const outcomes = new Map();
  /** @type {number[]} */
  const latencies = [];
  const answeredBy = replicas.map(() => 0);
  let lastPersonAt = 0;

  const countCalls = await watchCalls(sandboxUrl);
  const cpuBefore = replicas.map((replica) => replica.cpuSeconds());
  const startedAt = performance.now();
  const runs = await Promise.all(
    replicas.map(({ url }, replica) => {
      const requests = makeRequests({
        count,
        lookUpsPerRequest,
        firstNumber: firstNumber + replica * count * lookUpsPerRequest,
      });
      return runOpenLoop({
        url: `${url}/graphql`,
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
            answeredBy[replica] = (answeredBy[replica] ?? 0) + 1;
            lastPersonAt = Math.max(lastPersonAt, answer.at);
          }
        },
      });
    }),
  );
  const tookSeconds = (performance.now() - startedAt) / 1000;
  const cpu = replicas.map((replica, index) => (replica.cpuSeconds() - (cpuBefore[index] ?? 0)) / tookSeconds);

  const { calls, identifiers, limited, arrivals } = await countCalls();
  const offered = count * lookUpsPerRequest * replicas.length;
  const answered = outcomes.get(FOUND) ?? 0;
  outcomes.delete(FOUND);
  return {
    name,
    lookUpsPerRequest,
    offeredPerSecond: rate,
    answeredPerSecond: answered / (Math.max(...runs.map(({ windowMs }) => windowMs), lastPersonAt) / 1000),
    callsPerSecond: (arrivals.length - 1) / ((Math.max(...arrivals) - Math.min(...arrivals)) / 1000),
    mostCalls: mostInAnySecond(arrivals),
    idsPerCall: identifiers / calls,
    limited,
    leastShare: Math.min(...answeredBy) / answered,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    busiestCpu: Math.max(...cpu),
    lagP99Ms: Math.max(...runs.map(({ lagsMs }) => quantile(lagsMs, 0.99))),
    errors: new Map([...outcomes].map(([code, number]) => [code, number / offered])),
  };
}

/** @param {readonly number[]} arrivals in milliseconds */
function mostInAnySecond(arrivals) {
  const sorted = arrivals.toSorted((one, other) => one - other);
  return Math.max(...sorted.map((end) => sorted.filter((at) => at <= end && at > end - 1_000).length));
}
