/** Codes are below this: a power of two, some ten times as many as there usually are identifiers under way. */
export const CODES = 2 ** 16;

/** A number for an identifier, mostly another one for another: FNV-1a. Equal identifiers have equal numbers. */
export function codeOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index++) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  return (hash ^ (hash >>> 16)) & (CODES - 1);
}
