import { barChart } from '../bar-chart.mjs';
import { formatErrors, quotaTable } from '../quota-report.mjs';
import { median } from '../statistics.mjs';
import { formatNumber, formatTable } from '../table.mjs';

/**
 * @typedef {import('./rounds.mjs').Result} Result
 * @typedef {object} Measured
 * @property {readonly Result[]} results scenario by scenario, each with all servers
 * @property {readonly import('./start-ups.mjs').StartUp[]} startUps
 * @property {readonly import('../offered-load.mjs').LoadResult[]} quota
 * @property {readonly import('./heap-per-user.mjs').HeapPerUser[]} heap
 * @property {ReadonlyMap<string, string>} failures why a server is missing, by its name
 */

const BASE = 'plain';
/** One request at a time waits for the most part: its milliseconds count. */
const ONE_AT_A_TIME = 'latency';
/** The gateway and the plain stack look as in the other charts. */
const COLORS = new Map([
  ['gateway', '#0969da'],
  [BASE, '#bc4c00'],
]);
const PEER_COLOR = '#8c959f';

/**
 * In the order of what matters: upstream calls, answers at the quota, cost in CPU, then milliseconds and memory.
 * @param {Measured} measured
 * @returns {string} Markdown
 */
export function speedReport({ results, startUps, quota, heap, failures }) {
  const busy = results.filter(({ scenario }) => scenario !== ONE_AT_A_TIME);
  const missing = [...failures].map(([server, why]) => `- ${server}: ${why.split('\n', 1)[0]}`);
  const perUser = heap.map(({ foundBy, bytes }) => `- found in a ${foundBy}: ${formatNumber(bytes)} bytes`);
  const sections = [
    {
      title: 'Upstream calls per 1,000 lookups',
      text: matrix(results, ({ callsPerThousand: calls }) => formatNumber(calls, 1)),
    },
    { title: 'At the quota', text: quota.length > 0 ? quotaTable(quota) : '' },
    {
      title: 'Requests per CPU second of the server, plain stack = 1: median of the rounds (lowest–highest)',
      text: matrix(busy, (result) => formatRatio(busy, result)),
    },
    { title: 'All figures', text: detailTable(results) },
    { title: 'Start-up and memory', text: processTable(startUps, results) },
    { title: 'Heap of the gateway per cached user', text: perUser.join('\n') },
    { title: 'Not measured, or not to the end', text: missing.join('\n') },
  ];
  return sections
    .filter(({ text }) => text !== '')
    .map(({ title, text }) => `${title}:\n\n${text}`)
    .join('\n\n');
}

/**
 * @param {readonly Result[]} results
 * @param {string} scenario
 * @param {string} server
 */
const resultOf = (results, scenario, server) =>
  results.find((result) => result.scenario === scenario && result.server === server);

/** @param {readonly { server: string }[]} results */
const serversOf = (results) => [...new Set(results.map(({ server }) => server))];

/** @param {readonly Result[]} results */
const scenariosOf = (results) => [...new Set(results.map(({ scenario }) => scenario))];

/**
 * A line for each server, a column for each scenario.
 * @param {readonly Result[]} results
 * @param {(result: Result) => string} cell
 */
function matrix(results, cell) {
  if (results.length === 0) return '';
  const scenarios = scenariosOf(results);
  const columns = [{ title: 'server', isText: true }, ...scenarios.map((title) => ({ title }))];
  const rows = serversOf(results).map((server) => [
    server,
    ...scenarios.map((scenario) => {
      const result = resultOf(results, scenario, server);
      return result ? cell(result) : '';
    }),
  ]);
  return formatTable(columns, rows);
}

/** @param {readonly Result[]} results @param {Result} result */
function formatRatio(results, result) {
  const ratios = ratiosToBase(results, result);
  if (ratios.length === 0) return '';
  const spread = `${formatNumber(Math.min(...ratios), 2)}–${formatNumber(Math.max(...ratios), 2)}`;
  return `${formatNumber(median(ratios), 2)}${ratios.length > 1 ? ` (${spread})` : ''}`;
}

/** Round by round. @param {readonly Result[]} results @param {Result} result */
function ratiosToBase(results, { scenario, rates }) {
  const base = resultOf(results, scenario, BASE)?.rates ?? [];
  return rates.flatMap((rate, round) => (base[round] ? [rate / base[round]] : []));
}

/** @type {readonly { title: string, isText?: boolean, cell: (result: Result) => string }[]} */
const COLUMNS = [
  { title: 'scenario', isText: true, cell: ({ scenario }) => scenario },
  { title: 'server', isText: true, cell: ({ server }) => server },
  { title: 'requests/CPU s', cell: (result) => formatNumber(result.requestsPerCpuSecond) },
  { title: 'requests/s', cell: (result) => formatNumber(result.requestsPerSecond) },
  { title: 'p50 ms', cell: (result) => formatNumber(result.p50Ms, 2) },
  { title: 'p99 ms', cell: (result) => formatNumber(result.p99Ms, 2) },
  { title: 'server CPU', cell: (result) => `${formatNumber(result.cpu * 100)} %` },
  { title: 'other CPU', cell: (result) => `${formatNumber(result.otherCpu * 100)} %` },
  {
    title: 'cache hits',
    cell: (result) => `${formatNumber(Math.max(0, 1 - result.identifiersPerLookUp) * 100, 1)} %`,
  },
  { title: 'RSS MB', cell: (result) => formatNumber(result.residentMb) },
  { title: 'errors', isText: true, cell: ({ wrong, requests }) => formatErrors(shares(wrong, requests)) },
];

/** @param {readonly Result[]} results */
function detailTable(results) {
  if (results.length === 0) return '';
  return formatTable(
    COLUMNS,
    results.map((result) => COLUMNS.map(({ cell }) => cell(result))),
  );
}

/** @param {ReadonlyMap<string, number>} wrong @param {number} right */
function shares(wrong, right) {
  const all = [...wrong.values()].reduce((sum, count) => sum + count, right);
  return new Map([...wrong].map(([verdict, count]) => [verdict, count / all]));
}

/** @param {readonly import('./start-ups.mjs').StartUp[]} startUps @param {readonly Result[]} results */
function processTable(startUps, results) {
  const columns = [
    { title: 'server', isText: true },
    { title: 'start-up ms' },
    { title: 'RSS MB, idle' },
    { title: 'RSS MB, most under load' },
  ];
  const rows = startUps.map(({ server, startUpMs, idleMb }) => [
    server,
    formatNumber(startUpMs),
    formatNumber(idleMb),
    formatNumber(mostResidentMb(results, server)),
  ]);
  return formatTable(columns, rows);
}

/** @param {readonly Result[]} results @param {string} server @returns {number} NaN where it was under no load */
function mostResidentMb(results, server) {
  const sizes = results.filter((result) => result.server === server).map(({ residentMb }) => residentMb);
  return sizes.length === 0 ? Number.NaN : Math.max(...sizes);
}

/** @param {Measured} measured */
export function speedChart({ results }) {
  const busy = results.filter(({ scenario }) => scenario !== ONE_AT_A_TIME);
  return barChart({
    title: 'Requests a CPU second, as a multiple of the plain stack',
    subtitle: 'One run, one core for the server, the same upstream of 2 ms. The plain stack is Yoga + DataLoader.',
    groups: scenariosOf(busy).map((scenario) => ({
      title: scenario,
      bars: serversOf(busy).flatMap((server) => {
        const result = resultOf(busy, scenario, server);
        const ratios = result ? ratiosToBase(busy, result) : [];
        if (ratios.length === 0) return [];
        const ratio = median(ratios);
        const name = server === BASE ? 'plain stack' : server;
        return [{ name, value: ratio, label: `${formatNumber(ratio, 1)} ×`, color: COLORS.get(server) ?? PEER_COLOR }];
      }),
    })),
  });
}
