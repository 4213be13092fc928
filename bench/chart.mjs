import { drawPage, escapeXml, PAGE, round } from './chart-page.mjs';

/**
 * @typedef {{ x: number, y: number }} Point
 * @typedef {{ label: string, color: string, points: readonly Point[] }} Series the label stands at the line's end
 * @typedef {{ title: string, series: readonly Series[] }} Panel
 */

/**
 * @typedef {object} LineChart
 * @property {string} title
 * @property {string} subtitle
 * @property {string} xLabel
 * @property {string} yLabel
 * @property {readonly Panel[]} panels side by side, on the same scales
 * @property {{ value: number, name: string }} [ceiling]
 */

const WIDTH = PAGE.width;
const PANEL_HEIGHT = 270;
const TOP = 112;
const BOTTOM = 64;
const LEFT = 72;
const RIGHT = 36;
const GAP = 40;
const LABEL_HEIGHT = 18;

/**
 * Draws a line chart as a self-contained SVG.
 * @param {LineChart} chart
 * @returns {string}
 */
export function lineChart({ title, subtitle, xLabel, yLabel, panels, ceiling }) {
  const points = panels.flatMap((panel) => panel.series.flatMap((series) => series.points));
  const xMax = Math.max(1, ...points.map(({ x }) => x));
  const yMax = Math.max(1, ceiling?.value ?? 0, ...points.map(({ y }) => y)) * 1.12;
  const panelWidth = (WIDTH - LEFT - RIGHT - GAP * (panels.length - 1)) / panels.length;
  const height = TOP + PANEL_HEIGHT + BOTTOM;
  const drawn = panels.map((panel, index) => {
    const left = LEFT + index * (panelWidth + GAP);
    const scale = scales({ left, width: panelWidth, xMax, yMax });
    const ticks = { xTicks: ticksUpTo(xMax), yTicks: ticksUpTo(yMax) };
    return drawPanel(panel, { scale, left, width: panelWidth, ...ticks, isFirst: index === 0, xLabel, ceiling });
  });
  const middle = TOP + PANEL_HEIGHT / 2;
  const yTitle = `<text transform="translate(20 ${middle}) rotate(-90)" text-anchor="middle" fill="${PAGE.quiet}">${escapeXml(yLabel)}</text>`;
  return drawPage({ title, subtitle, height, content: [yTitle, ...drawn].join('\n') });
}

/** @typedef {{ x: (value: number) => number, y: (value: number) => number }} Scale */

/**
 * @param {{ left: number, width: number, xMax: number, yMax: number }} range
 * @returns {Scale}
 */
function scales({ left, width, xMax, yMax }) {
  return {
    x: (value) => round(left + (value / xMax) * width),
    y: (value) => round(TOP + PANEL_HEIGHT - (value / yMax) * PANEL_HEIGHT),
  };
}

/**
 * @typedef {object} PanelFrame
 * @property {Scale} scale
 * @property {number} left
 * @property {number} width
 * @property {readonly number[]} xTicks
 * @property {readonly number[]} yTicks
 * @property {boolean} isFirst the others share its figures on the left
 * @property {string} xLabel
 * @property {LineChart['ceiling']} ceiling
 */

/**
 * @param {Panel} panel
 * @param {PanelFrame} frame
 */
function drawPanel({ title, series }, { scale, left, width, xTicks, yTicks, isFirst, xLabel, ceiling }) {
  const right = left + width;
  const bottom = TOP + PANEL_HEIGHT;
  const parts = [
    `<text x="${left}" y="${TOP - 20}" font-weight="600" fill="${PAGE.text}">${escapeXml(title)}</text>`,
    ...yTicks.map((value) => {
      const y = scale.y(value);
      const label = `<text x="${left - 8}" y="${y + 4}" text-anchor="end" fill="${PAGE.quiet}">${format(value)}</text>`;
      return `<path d="M${left} ${y}H${right}" stroke="${value === 0 ? PAGE.frame : PAGE.grid}"/>${isFirst ? label : ''}`;
    }),
    ...xTicks.map(
      (value) =>
        `<text x="${scale.x(value)}" y="${bottom + 20}" text-anchor="middle" fill="${PAGE.quiet}">${format(value)}</text>`,
    ),
    `<text x="${left + width / 2}" y="${bottom + 44}" text-anchor="middle" fill="${PAGE.quiet}">${escapeXml(xLabel)}</text>`,
  ];
  if (ceiling) {
    const y = scale.y(ceiling.value);
    parts.push(
      `<path d="M${left} ${y}H${right}" stroke="${PAGE.quiet}" stroke-width="1.5" stroke-dasharray="6 5"/>`,
      `<text x="${left + 6}" y="${y - 7}" fill="${PAGE.quiet}">${escapeXml(ceiling.name)}</text>`,
    );
  }
  const lines = series.map((line) => drawLine(line, scale));
  return [...parts, ...lines, ...drawLabels(series, scale)].join('\n');
}

/**
 * @param {Series} series
 * @param {Scale} scale
 */
function drawLine({ color, points }, scale) {
  const line = points.map(({ x, y }) => `${scale.x(x)},${scale.y(y)}`).join(' ');
  const dots = points.map(({ x, y }) => `<circle cx="${scale.x(x)}" cy="${scale.y(y)}" r="3.5" fill="${color}"/>`);
  return `<polyline points="${line}" fill="none" stroke="${color}" stroke-width="2.5" stroke-linejoin="round"/>${dots.join('')}`;
}

/**
 * Labels at the lines' ends, in place of a legend: below a line that ends high, where a ceiling may be above it, and above
 * one that ends low, clear of the axis. Of two that would meet, the second moves up.
 *
 * @param {readonly Series[]} series
 * @param {Scale} scale
 */
function drawLabels(series, scale) {
  let lowest = Number.POSITIVE_INFINITY;
  const ends = series.map(({ label, color, points }) => ({ label, color, end: points.at(-1) ?? { x: 0, y: 0 } }));
  return ends
    .toSorted((one, other) => one.end.y - other.end.y)
    .map(({ label, color, end }) => {
      const endY = scale.y(end.y);
      const y = Math.min(endY + (endY < TOP + PANEL_HEIGHT / 2 ? 30 : -12), lowest - LABEL_HEIGHT);
      lowest = y;
      return `<text x="${scale.x(end.x)}" y="${y}" text-anchor="end" font-weight="600" fill="${color}">${escapeXml(label)}</text>`;
    });
}

/**
 * Round figures from 0 to at most `highest`, three to six of them.
 * @param {number} highest
 */
function ticksUpTo(highest) {
  const magnitude = 10 ** Math.floor(Math.log10(highest));
  const step = [0.2, 0.25, 0.5, 1, 2].map((share) => share * magnitude).find((size) => highest / size < 5.01) ?? 1;
  return Array.from({ length: Math.floor(highest / step) + 1 }, (_, index) => index * step);
}

/** @param {number} value */
const format = (value) => value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 });
