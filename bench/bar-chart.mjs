import { drawPage, escapeXml, PAGE, round } from './chart-page.mjs';

/**
 * @typedef {{ name: string, value: number, label: string, color: string }} Bar
 * @typedef {object} BarChart
 * @property {string} title
 * @property {string} subtitle
 * @property {readonly { title: string, bars: readonly Bar[] }[]} groups one below the other, on the same scale
 */

const TOP = 84;
const BOTTOM = 24;
const LEFT = 220;
const RIGHT = 84;
const BAR_HEIGHT = 16;
const BAR_GAP = 4;
const GROUP_GAP = 22;

/**
 * Draws bars that lie as a self-contained SVG.
 * @param {BarChart} chart
 * @returns {string}
 */
export function barChart({ title, subtitle, groups }) {
  const longest = Math.max(1, ...groups.flatMap(({ bars }) => bars.map(({ value }) => value)));
  const width = (/** @type {number} */ value) => round((value / longest) * (PAGE.width - LEFT - RIGHT));
  let y = TOP;
  const drawn = groups.map(({ title: group, bars }) => {
    const begin = y;
    const parts = bars.map((bar) => {
      const middle = y + BAR_HEIGHT / 2 + 4.5;
      const part = `<text x="${LEFT - 10}" y="${middle}" text-anchor="end" fill="${PAGE.quiet}">${escapeXml(bar.name)}</text>
<rect x="${LEFT}" y="${y}" width="${width(bar.value)}" height="${BAR_HEIGHT}" rx="2" fill="${bar.color}"/>
<text x="${LEFT + width(bar.value) + 8}" y="${middle}" font-weight="600" fill="${PAGE.text}">${escapeXml(bar.label)}</text>`;
      y += BAR_HEIGHT + BAR_GAP;
      return part;
    });
    y += GROUP_GAP;
    return `<text x="24" y="${begin + BAR_HEIGHT / 2 + 4.5}" font-weight="600" fill="${PAGE.text}">${escapeXml(group)}</text>\n${parts.join('\n')}`;
  });
  return drawPage({ title, subtitle, height: y - GROUP_GAP + BOTTOM, content: drawn.join('\n') });
}
