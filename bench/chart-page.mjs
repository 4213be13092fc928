/** The page behind may be dark: a chart brings its own light ground, so its colours need no second set. */
export const PAGE = {
  width: 880,
  ground: '#ffffff',
  frame: '#d0d7de',
  text: '#1f2328',
  quiet: '#59636e',
  grid: '#eaeef2',
};
const FONT = "-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif";

/**
 * The ground of a chart with its title and subtitle, as a self-contained SVG.
 * @param {{ title: string, subtitle: string, height: number, content: string }} page
 * @returns {string}
 */
export function drawPage({ title, subtitle, height, content }) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${PAGE.width} ${height}" width="${PAGE.width}" height="${height}" role="img" aria-label="${escapeXml(title)}" font-family="${FONT}" font-size="13">
<rect x="0.5" y="0.5" width="${PAGE.width - 1}" height="${height - 1}" rx="8" fill="${PAGE.ground}" stroke="${PAGE.frame}"/>
<text x="24" y="36" font-size="18" font-weight="600" fill="${PAGE.text}">${escapeXml(title)}</text>
<text x="24" y="58" fill="${PAGE.quiet}">${escapeXml(subtitle)}</text>
${content}
</svg>
`;
}

/** @param {number} value to a tenth */
export const round = (value) => Math.round(value * 10) / 10;

/** @param {string} text */
export const escapeXml = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
