import { formatErrors } from './quota-report.mjs';
import { median } from './statistics.mjs';
import { formatNumber, formatTable } from './table.mjs';

/** @typedef {import('./replicas-load.mjs').ReplicasResult} ReplicasResult */

/** @type {readonly { title: string, isText?: boolean, cell: (result: ReplicasResult) => string }[]} */
const COLUMNS = [
  { title: 'look-ups/request', cell: ({ lookUpsPerRequest }) => String(lookUpsPerRequest) },
  { title: 'replicas', isText: true, cell: ({ name }) => name },
  { title: 'offered/s', cell: ({ offeredPerSecond }) => formatNumber(offeredPerSecond) },
  { title: 'answered/s', cell: ({ answeredPerSecond }) => formatNumber(answeredPerSecond) },
  { title: 'calls/s', cell: ({ callsPerSecond }) => formatNumber(callsPerSecond, 1) },
  { title: 'most in 1 s', cell: ({ mostCalls }) => String(mostCalls) },
  { title: '429s', cell: ({ limited }) => formatNumber(limited) },
  { title: 'ids/call', cell: ({ idsPerCall }) => formatNumber(idsPerCall, 1) },
  { title: 'least share', cell: ({ leastShare }) => `${formatNumber(leastShare * 100)} %` },
  { title: 'p50 ms', cell: ({ p50Ms }) => formatNumber(p50Ms) },
  { title: 'p99 ms', cell: ({ p99Ms }) => formatNumber(p99Ms) },
  { title: 'busiest CPU', cell: ({ busiestCpu }) => `${formatNumber(busiestCpu * 100)} %` },
  { title: 'lag p99 ms', cell: ({ lagP99Ms }) => formatNumber(lagP99Ms) },
  { title: 'errors', isText: true, cell: ({ errors }) => formatErrors(errors) },
];

/** @param {readonly ReplicasResult[]} results */
export const replicasTable = (results) =>
  formatTable(
    COLUMNS,
    results.map((result) => COLUMNS.map(({ cell }) => cell(result))),
  );

/** @param {ReplicasResult} result */
export const replicasLine = (result) => COLUMNS.map(({ title, cell }) => `${title} ${cell(result)}`).join('  ');

/**
 * What each number of replicas answered, against one without Redis under the same load.
 * @param {readonly ReplicasResult[]} results
 * @param {string} without the name of that one
 */
export function ratiosTo(results, without) {
  return results.flatMap(({ name, lookUpsPerRequest, offeredPerSecond, answeredPerSecond }) => {
    const alone = results.find(
      (result) =>
        result.name === without &&
        result.lookUpsPerRequest === lookUpsPerRequest &&
        result.offeredPerSecond === offeredPerSecond,
    );
    if (!alone || name === without) return [];
    const share = formatNumber((answeredPerSecond / alone.answeredPerSecond) * 100);
    const shape = lookUpsPerRequest === 1 ? 'one look-up' : `${lookUpsPerRequest} look-ups`;
    return [
      `- ${shape} a request, ${formatNumber(offeredPerSecond)}/s offered, ${name}: ${share} % of one without Redis`,
    ];
  });
}

/**
 * @param {readonly { name: string, latencies: readonly number[] }[]} ways
 */
export function idleTable(ways) {
  const columns = [{ title: 'one look-up at a time', isText: true }, { title: 'p50 ms' }, { title: 'ratio' }];
  const first = median(ways[0]?.latencies ?? []);
  return formatTable(
    columns,
    ways.map(({ name, latencies }) => [
      name,
      formatNumber(median(latencies), 2),
      formatNumber(median(latencies) / first, 2),
    ]),
  );
}
