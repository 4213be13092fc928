import { lineChart } from './chart.mjs';
import { CEILING_PER_SECOND, formatErrors } from './quota-report.mjs';
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

const COLORS = ['#59636e', '#0969da', '#8250df', '#bc4c00', '#1a7f37'];

/** @param {readonly ReplicasResult[]} results */
export function replicasChart(results) {
  const shapes = [...new Set(results.map(({ lookUpsPerRequest }) => lookUpsPerRequest))];
  const names = [...new Set(results.map(({ name }) => name))];
  return lineChart({
    title: 'Look-ups answered by replicas that share one quota of 15 upstream calls a second',
    subtitle: 'Open loop, spread evenly, nobody asked for twice, 20 ms upstream; all on the same two cores.',
    xLabel: 'look-ups offered a second',
    yLabel: 'look-ups answered a second',
    ceiling: {
      value: CEILING_PER_SECOND,
      name: `ceiling ${formatNumber(CEILING_PER_SECOND)}/s: 15 calls × 100 people`,
    },
    panels: shapes.map((shape) => ({
      title: shape === 1 ? 'one look-up a request' : `${shape} look-ups a request`,
      series: names.map((name, index) => ({
        label: name,
        color: COLORS[index % COLORS.length] ?? '#1f2328',
        points: results
          .filter((result) => result.name === name && result.lookUpsPerRequest === shape)
          .map(({ offeredPerSecond, answeredPerSecond }) => ({ x: offeredPerSecond, y: answeredPerSecond })),
      })),
    })),
  });
}
