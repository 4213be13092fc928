import { lineChart } from './chart.mjs';
import { mean } from './statistics.mjs';
import { formatNumber, formatTable } from './table.mjs';

/** @typedef {{ lookUps: number, residentMb: number, seconds: number }} Sample */

const BAR_LENGTH = 40;
/** More growth than this from the middle third to the last one is not the heap settling any more. */
const FLAT_WITHIN = 0.05;

/** @param {readonly Sample[]} samples */
export function memoryTable(samples) {
  const highest = Math.max(...samples.map(({ residentMb }) => residentMb));
  const columns = [{ title: 'look-ups' }, { title: 'after s' }, { title: 'RSS MB' }, { title: '', isText: true }];
  const rows = samples.map(({ lookUps, seconds, residentMb }) => [
    formatNumber(lookUps),
    formatNumber(seconds, 1),
    formatNumber(residentMb),
    '█'.repeat(Math.round((residentMb / highest) * BAR_LENGTH)),
  ]);
  return formatTable(columns, rows);
}

/**
 * The first third is warm-up: code being compiled, caches and heap finding their size.
 * @param {readonly Sample[]} samples
 */
export function describeGrowth(samples) {
  const third = Math.floor(samples.length / 3);
  if (third === 0) return 'Too few samples to tell whether memory is flat.';
  const sizes = samples.map(({ residentMb }) => residentMb);
  const middle = mean(sizes.slice(third, 2 * third));
  const last = mean(sizes.slice(-third));
  const growth = last / middle - 1;
  const verdict = growth <= FLAT_WITHIN ? 'flat' : 'growing';
  const sign = growth < 0 ? '−' : '+';
  return `${verdict}: last third ${formatNumber(last)} MB, middle third ${formatNumber(middle)} MB (${sign}${formatNumber(Math.abs(growth) * 100, 1)} %; flat is up to +${FLAT_WITHIN * 100} %).`;
}

/** @param {readonly Sample[]} samples */
export function memoryChart(samples) {
  const label = `gateway ${formatNumber(samples.at(-1)?.residentMb ?? 0)} MB`;
  const points = samples.map(({ lookUps, residentMb }) => ({ x: lookUps, y: residentMb }));
  return lineChart({
    title: `Memory of the gateway over ${formatNumber(samples.at(-1)?.lookUps ?? 0)} different people`,
    subtitle: 'Resident size of the process. Lists of 1,000; the upstream has neither latency nor limit here.',
    xLabel: 'look-ups answered',
    yLabel: 'MB',
    panels: [{ title: '', series: [{ label, color: '#0969da', points }] }],
  });
}
