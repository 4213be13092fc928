import { lineChart } from './chart.mjs';
import { formatNumber, formatTable } from './table.mjs';

/** @typedef {import('./offered-load.mjs').LoadResult} LoadResult */

/** 15 calls a second of 100 identifiers each: what the upstream gives one token. */
const CEILING_PER_SECOND = 1_500;

/** @type {readonly { title: string, isText?: boolean, cell: (result: LoadResult) => string }[]} */
const COLUMNS = [
  { title: 'look-ups/request', cell: (result) => String(result.lookUpsPerRequest) },
  { title: 'server', isText: true, cell: (result) => result.server },
  { title: 'offered/s', cell: (result) => formatNumber(result.offeredPerSecond) },
  { title: 'answered/s', cell: (result) => formatNumber(result.answeredPerSecond) },
  { title: 'p50 ms', cell: (result) => formatNumber(result.p50Ms) },
  { title: 'p99 ms', cell: (result) => formatNumber(result.p99Ms) },
  { title: 'calls', cell: ({ upstream }) => formatNumber(upstream.calls) },
  { title: 'ids/call', cell: ({ upstream }) => formatNumber(upstream.identifiers / upstream.calls, 1) },
  { title: 'calls/1,000', cell: ({ upstream, answered }) => formatNumber((upstream.calls / answered) * 1000, 1) },
  { title: '429s', cell: ({ upstream }) => `${upstream.unseen > 0 ? '≥ ' : ''}${formatNumber(upstream.limited)}` },
  { title: 'server CPU', cell: (result) => `${formatNumber(result.serverCpu * 100)} %` },
  { title: 'lag p99/max ms', cell: ({ lagP99Ms, lagMaxMs }) => `${formatNumber(lagP99Ms)}/${formatNumber(lagMaxMs)}` },
  { title: 'errors', isText: true, cell: ({ errors }) => formatErrors(errors) },
];

/** @param {readonly LoadResult[]} results */
export const quotaTable = (results) =>
  formatTable(
    COLUMNS,
    results.map((result) => COLUMNS.map(({ cell }) => cell(result))),
  );

/** @param {LoadResult} result */
export const quotaLine = (result) => COLUMNS.map(({ title, cell }) => `${title} ${cell(result)}`).join('  ');

/** @param {ReadonlyMap<string, number>} errors */
export function formatErrors(errors) {
  if (errors.size === 0) return 'none';
  const byShare = [...errors].toSorted(([, one], [, other]) => other - one);
  return byShare.map(([code, share]) => `${formatNumber(share * 100, 1)} % ${code}`).join(', ');
}

/**
 * The best each server delivered at any rate, side by side.
 * @param {readonly LoadResult[]} results
 */
export function bestRatios(results) {
  return shapesOf(results).flatMap((shape) => {
    const gateway = best(results, shape, 'gateway');
    const plain = best(results, shape, 'plain');
    if (!(gateway > 0 && plain > 0)) return [];
    const name = shape === 1 ? 'one look-up a request' : `${shape} look-ups a request`;
    const figures = `gateway ${formatNumber(gateway)}/s, plain stack ${formatNumber(plain)}/s`;
    return [`${name}: ${figures}: ${formatNumber(gateway / plain, 1)} times as many.`];
  });
}

/** @param {readonly LoadResult[]} results */
const shapesOf = (results) => [...new Set(results.map(({ lookUpsPerRequest }) => lookUpsPerRequest))];

/**
 * @param {readonly LoadResult[]} results
 * @param {number} shape
 * @param {string} server
 */
const best = (results, shape, server) =>
  Math.max(0, ...of(results, shape, server).map(({ answeredPerSecond }) => answeredPerSecond));

/**
 * @param {readonly LoadResult[]} results
 * @param {number} shape
 * @param {string} server
 */
const of = (results, shape, server) =>
  results.filter((result) => result.lookUpsPerRequest === shape && result.server === server);

/** @param {readonly LoadResult[]} results */
export function quotaChart(results) {
  const series = [
    { server: 'gateway', color: '#0969da' },
    { server: 'plain', color: '#bc4c00' },
  ];
  return lineChart({
    title: 'Look-ups answered on a quota of 15 upstream calls a second',
    subtitle:
      'Open loop, nobody asked for twice, 20 ms upstream. The plain stack is Yoga + DataLoader. Figures: the best at any rate.',
    xLabel: 'look-ups offered a second',
    yLabel: 'look-ups answered a second',
    ceiling: {
      value: CEILING_PER_SECOND,
      name: `ceiling ${formatNumber(CEILING_PER_SECOND)}/s: 15 calls × 100 people`,
    },
    panels: shapesOf(results).map((shape) => ({
      title: shape === 1 ? 'one look-up a request' : `${formatShape(shape)} look-ups a request`,
      series: series
        .map(({ server, color }) => ({
          label: `${server === 'plain' ? 'plain stack' : server} ${formatNumber(best(results, shape, server))}/s`,
          color,
          points: of(results, shape, server)
            .map(({ offeredPerSecond, answeredPerSecond }) => ({ x: offeredPerSecond, y: answeredPerSecond }))
            .toSorted((one, other) => one.x - other.x),
        }))
        .filter(({ points }) => points.length > 0),
    })),
  });
}

/** @param {number} shape */
const formatShape = (shape) => (shape === 5 ? 'five' : String(shape));
