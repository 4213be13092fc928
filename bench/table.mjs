/**
 * @typedef {object} Column
 * @property {string} title
 * @property {boolean} [isText] to the left; figures stand to the right
 */

/**
 * A Markdown table that is aligned in a terminal too.
 *
 * @param {readonly Column[]} columns
 * @param {readonly (readonly string[])[]} rows
 */
export function formatTable(columns, rows) {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, 3, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  /** @param {readonly string[]} cells */
  const line = (cells) =>
    `| ${cells.map((cell, index) => (columns[index]?.isText ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0))).join(' | ')} |`;
  const rule = columns.map(({ isText }, index) => {
    const dashes = '-'.repeat((widths[index] ?? 3) - 1);
    return isText ? `-${dashes}` : `${dashes}:`;
  });
  return [line(columns.map(({ title }) => title)), line(rule), ...rows.map(line)].join('\n');
}

/**
 * @param {number} value
 * @param {number} [digits]
 */
export function formatNumber(value, digits = 0) {
  if (!Number.isFinite(value)) return '–';
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
