import { quantile } from '../statistics.mjs';
import { formatNumber, formatTable } from '../table.mjs';
import { RIGHT } from './check.mjs';
import { describeFault } from './faults.mjs';

/** @typedef {import('./phase.mjs').Entry} Entry */
/** @typedef {import('./phase.mjs').PhaseResult} PhaseResult */

const COLUMNS = [
  { title: 'from s' },
  { title: 'to s' },
  { title: 'faults', isText: true },
  { title: 'struck' },
  { title: 'calls/s' },
  { title: 'look-ups' },
  { title: 'right' },
  { title: 'stale' },
  { title: 'p99 ms' },
  { title: 'errors', isText: true },
];

/**
 * A row for each stretch of a run: with faults on, and healthy in between. Requests count where they were due.
 *
 * @param {PhaseResult} phase
 * @param {number} seconds
 */
export function chaosTable({ entries, episodes }, seconds) {
  /** @type {string[][]} */
  const rows = [];
  let healthyFrom = 0;
  for (const { fromMs, toMs, faults, struck, calls } of episodes) {
    rows.push(stretch(entries, healthyFrom, fromMs, '', '', ''));
    const callsPerSecond = formatNumber((calls / (toMs - fromMs)) * 1000, 1);
    const names = faults.map(describeFault).join(' + ');
    rows.push(stretch(entries, fromMs, toMs, names, formatNumber(struck), callsPerSecond));
    healthyFrom = toMs;
  }
  rows.push(stretch(entries, healthyFrom, seconds * 1000, '', '', ''));
  return formatTable(COLUMNS, rows);
}

/**
 * @param {readonly Entry[]} all
 * @param {number} fromMs
 * @param {number} toMs
 * @param {string} faults
 * @param {string} struck
 * @param {string} callsPerSecond
 */
function stretch(all, fromMs, toMs, faults, struck, callsPerSecond) {
  const entries = all.filter(({ dueMs }) => dueMs >= fromMs && dueMs < toMs);
  const { lookUps, right, stale, errors } = sumUp(entries);
  const latencies = entries.map(({ dueMs, answeredMs }) => answeredMs - dueMs);
  return [
    formatNumber(fromMs / 1000, 1),
    formatNumber(toMs / 1000, 1),
    faults,
    struck,
    callsPerSecond,
    formatNumber(lookUps),
    formatNumber(right),
    formatNumber(stale),
    formatNumber(quantile(latencies, 0.99)),
    describeCounts(errors),
  ];
}

/** @param {readonly Entry[]} entries */
export function sumUp(entries) {
  /** @type {Map<string, number>} */
  const errors = new Map();
  let right = 0;
  let stale = 0;
  let lost = 0;
  let lookUps = 0;
  for (const entry of entries) {
    lookUps += entry.identifiers.length;
    stale += entry.stale;
    if (entry.lost !== undefined) lost += 1;
    for (const outcome of entry.outcomes) {
      if (outcome === RIGHT) right += 1;
      else errors.set(outcome, (errors.get(outcome) ?? 0) + 1);
    }
  }
  return { requests: entries.length, lookUps, right, stale, lost, errors };
}

/** @param {ReadonlyMap<string | number, number>} counts */
export function describeCounts(counts) {
  if (counts.size === 0) return 'none';
  const byCount = [...counts].toSorted(([, one], [, other]) => other - one);
  return byCount.map(([name, count]) => `${formatNumber(count)} ${name}`).join(', ');
}
