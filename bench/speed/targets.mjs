import { formatNumber } from '../table.mjs';
import { mostResidentMb, resultOf } from './report.mjs';

/**
 * @typedef {object} Target
 * @property {string} name
 * @property {'least' | 'most'} is what the figure should be
 * @property {number} reach
 * @property {number} aim
 * @property {string} [unit]
 * @property {(measured: Figures) => number | undefined} figure undefined where this run did not measure it
 *
 * @typedef {Pick<import('./report.mjs').Measured, 'results' | 'startUps' | 'quota'>} Figures
 */

/**
 * @param {string} scenario
 * @param {(result: import('./rounds.mjs').Result) => number} figure
 * @param {string} [over]
 * @returns {Target['figure']}
 */
const ratio =
  (scenario, figure, over = 'plain') =>
  ({ results }) => {
    const gateway = resultOf(results, scenario, 'gateway');
    const other = resultOf(results, scenario, over);
    return gateway && other && figure(gateway) / figure(other);
  };

/** @param {string} scenario @param {string} [over] */
const cost = (scenario, over) => ratio(scenario, ({ requestsPerCpuSecond }) => requestsPerCpuSecond, over);

/** @type {readonly Target[]} */
const TARGETS = [
  {
    name: 'answered/s at the quota, one look-up a request',
    is: 'least',
    reach: 1_350,
    aim: 1_450,
    unit: '/s',
    figure: ({ quota }) => quota.find(({ server }) => server === 'gateway')?.answeredPerSecond,
  },
  { name: 'single', is: 'least', reach: 6, aim: 8.5, figure: cost('single') },
  { name: 'emails100', is: 'least', reach: 3.5, aim: 7, figure: cost('emails100') },
  { name: 'alias50', is: 'least', reach: 3, aim: 4.5, figure: cost('alias50') },
  { name: 'out1000', is: 'least', reach: 2.5, aim: 5.5, figure: cost('out1000') },
  { name: 'zipf', is: 'least', reach: 8, aim: 10, figure: cost('zipf') },
  { name: 'single, against Mercurius', is: 'least', reach: 2, aim: 3, figure: cost('single', 'mercurius') },
  {
    name: 'p50, one request at a time',
    is: 'most',
    reach: 0.8,
    aim: 0.65,
    figure: ratio('latency', ({ p50Ms }) => p50Ms),
  },
  {
    name: 'RSS under load',
    is: 'most',
    reach: 1.3,
    aim: 1,
    figure: ({ results }) => mostResidentMb(results, 'gateway') / mostResidentMb(results, 'plain'),
  },
  {
    name: 'start-up',
    is: 'most',
    reach: 1.5,
    aim: 1,
    figure: ({ startUps }) => {
      const [gateway, plain] = ['gateway', 'plain'].map((name) => startUps.find(({ server }) => server === name));
      return gateway && plain && gateway.startUpMs / plain.startUpMs;
    },
  },
];

/**
 * A line for each target that this run has the figures for.
 * @param {Figures} measured
 */
export function describeTargets(measured) {
  return TARGETS.flatMap(({ name, is, reach, aim, unit = ' ×', figure }) => {
    const value = figure(measured);
    if (value === undefined || !Number.isFinite(value)) return [];
    const meets = (/** @type {number} */ bound) => (is === 'least' ? value >= bound : value <= bound);
    const verdict = meets(aim) ? 'aim met' : meets(reach) ? 'reached' : 'missed';
    const format = (/** @type {number} */ number) => `${formatNumber(number, number >= 100 ? 0 : 2)}${unit}`;
    return [`- ${name}: ${format(value)}; at ${is} ${format(reach)}, aim ${format(aim)}: ${verdict}`];
  });
}
