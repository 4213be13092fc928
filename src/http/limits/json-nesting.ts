/**
 * Lists and objects inside each other in the JSON of a request. Those of this schema have at most six: a batch, its operation, its
 * variables, a list of representations, a representation, its key. 1 MiB of brackets takes 70 ms to parse.
 */
export const MAX_JSON_NESTING = 64;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** @param text JSON, or what shall be it: what `JSON.parse` reads before it finds a mistake is measured as it reads it. */
export function isTooNested(text: string): boolean {
  return hasManyOpening(text) && exceedsNesting(text);
}

/** Most texts have few brackets in all, which `indexOf` finds faster than a loop. */
function hasManyOpening(text: string): boolean {
  let count = 0;
  for (const bracket of ['[', '{']) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      if (++count > MAX_JSON_NESTING) return true;
    }
  }
  return false;
}

function exceedsNesting(text: string): boolean {
  let open = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === OPEN_LIST || code === OPEN_OBJECT) {
      if (++open > MAX_JSON_NESTING) return true;
    } else if (code === CLOSE_LIST || code === CLOSE_OBJECT) open--;
  }
  return false;
}

/** @returns where the quote is that ends the string, or the end of the text. */
function endOfString(text: string, begin: number): number {
  for (let at = begin + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return text.length;
}
