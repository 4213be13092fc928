/** JSON that a `<script>` of HTML can hold: no `<` ends it or begins a comment, and older JavaScript reads it as well. */
export const scriptJson = (value: unknown): string => JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, escapesOf);

/** A string of GraphQL, on one line. What cannot be seen is escaped; half a surrogate pair, which GraphQL refuses, is U+FFFD. */
export const graphqlString = (text: string): string =>
  JSON.stringify(text.replace(/\p{Cs}/gu, '\ufffd')).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, escapesOf);

const escapesOf = (character: string): string =>
  Array.from({ length: character.length }, (_, index) => escapeOf(character.charCodeAt(index))).join('');

const escapeOf = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`;
