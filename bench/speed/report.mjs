import { barChart } from '../bar-chart.mjs';
import { formatErrors, quotaTable } from '../quota-report.mjs';
import { formatNumber, formatTable } from '../table.mjs';
import { describeTargets } from './targets.mjs';

/**
 * @typedef {import('./rounds.mjs').Result} Result
 * @typedef {object} Measured
 * @property {readonly Result[]} results scenario by scenario, each with all servers
 * @property {readonly import('./start-ups.mjs').StartUp[]} startUps
 * @property {readonly import('../offered-load.mjs').LoadResult[]} quota
 * @property {number | undefined} straightMs what half of the calls straight to the upstream took at most
 * @property {ReadonlyMap<string, string>} failures why a server is missing, by its name
 */

const BASE = 'plain';
/** One request at a time waits for the most part: its milliseconds count, and are in the table of all figures. */
export const ONE_AT_A_TIME = 'latency';
/** The gateway and the plain stack look as in the other charts. */
const COLORS = new Map([
  ['gateway', '#0969da'],
  [BASE, '#bc4c00'],
]);
const PEER_COLOR = '#8c959f';

/**
 * In the order of what matters: upstream calls, answers at the quota, cost in CPU, then milliseconds.
 * @param {Measured} measured
 * @returns {string} Markdown
 */
export function speedReport({ results, startUps, quota, straightMs, failures }) {
  const busy = results.filter(({ scenario }) => scenario !== ONE_AT_A_TIME);
  const missing = [...failures].map(([server, why]) => `- ${server}: ${why.split('\n', 1)[0]}`);
  const sections = [
    {
      title: 'Upstream calls for 1,000 look-ups',
      text: matrix(results, ({ callsPerThousand: calls }) => formatNumber(calls, 1)),
    },
    { title: 'At the quota, one look-up a request', text: quota.length > 0 ? quotaTable(quota) : '' },
    { title: 'Requests a CPU second of the server, and against the plain stack', text: matrix(busy, costCell(busy)) },
    { title: 'All figures', text: detailTable(results) },
    { title: 'One request at a time', text: addedTable(results, straightMs) },
    { title: 'Start-up and memory', text: processTable(startUps, results) },
    { title: 'Targets', text: describeTargets({ results, startUps, quota }).join('\n') },
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
export const resultOf = (results, scenario, server) =>
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

/** @param {readonly Result[]} results */
const costCell = (results) => (/** @type {Result} */ result) => {
  const ratio = ratioToBase(results, result);
  return `${formatNumber(result.requestsPerCpuSecond)}${ratio === undefined ? '' : ` (${formatNumber(ratio, 2)} ×)`}`;
};

/** @param {readonly Result[]} results @param {Result} result */
function ratioToBase(results, { scenario, requestsPerCpuSecond }) {
  const base = resultOf(results, scenario, BASE);
  return base && requestsPerCpuSecond / base.requestsPerCpuSecond;
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
  { title: 'calls/request', cell: (result) => formatNumber(result.callsPerRequest, 3) },
  {
    title: 'from memory',
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

/** @param {readonly Result[]} results @param {number | undefined} straightMs */
function addedTable(results, straightMs) {
  if (straightMs === undefined) return '';
  const columns = [{ title: 'server', isText: true }, { title: 'p50 ms' }, { title: 'added to the call' }];
  const rows = results
    .filter(({ scenario }) => scenario === ONE_AT_A_TIME)
    .map(({ server, p50Ms }) => [server, formatNumber(p50Ms, 2), formatNumber(p50Ms - straightMs, 2)]);
  return formatTable(columns, [['the upstream itself', formatNumber(straightMs, 2), formatNumber(0, 2)], ...rows]);
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
export function mostResidentMb(results, server) {
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
        const ratio = result && ratioToBase(busy, result);
        if (ratio === undefined) return [];
        const name = server === BASE ? 'plain stack' : server;
        return [{ name, value: ratio, label: `${formatNumber(ratio, 1)} ×`, color: COLORS.get(server) ?? PEER_COLOR }];
      }),
    })),
  });
}
