/** Users of the example queries. They should exist, so that every example runs as it stands. */
export interface ExamplePeople {
  readonly key: string;
  readonly email: string;
  readonly outId: string;
  /** Whom the fifty aliases of one example name. @default `key`, fifty times */
  readonly keys?: readonly string[] | undefined;
}

/** Headers that every request needs here, with what stands for their values. */
export type NeededHeaders = Readonly<Record<string, string>>;

/** A query that GraphiQL opens with. The first tab shows no variables, so it has none. */
export interface ExampleTab {
  readonly query: string;
  /** As JSON text. */
  readonly variables?: string;
  /** As JSON text; the first tab shows none. */
  readonly headers?: string;
}

/** What GraphiQL opens with: one user, a list with one that is not found, by out id with a variable, and fifty in one call. */
export function exampleTabs({ key, email, outId, keys = [key] }: ExamplePeople, needed: NeededHeaders): ExampleTab[] {
  const headers = Object.keys(needed).length > 0 ? JSON.stringify(needed, null, 2) : '';
  return [
    {
      query: `# One user by user key. To run it,
# press Ctrl-Enter, or the round button.${howToSend(headers)}
query OnePerson {
  user(key: ${graphqlString(key)}) {
    key
    name
    nameEn
    email
    avatarUrl
    status
  }
}
`,
    },
    {
      headers,
      query: `# Users by e-mail, in the order of the list;
# null for those who are not found.
query PeopleByEmail {
  usersByEmail(emails: [${graphqlString(email)}, "nobody@example.com"]) {
    key
    name(locale: EN_US)
    status
  }
}
`,
    },
    {
      headers,
      query: `# Users by out id.
# The values are below, under Variables.
query PeopleByOutId($outIds: [ID!]!) {
  usersByOutId(outIds: $outIds) {
    key
    outId
    name
  }
}
`,
      variables: JSON.stringify({ outIds: [outId] }, null, 2),
    },
    {
      headers,
      query: `# Fifty users under aliases of their own.
# However a query is written, its lookups
# share calls: "receipt", at the end of the
# answer, counts one call to the user API;
# and none when it is run again.
query FiftyAliases {
${Array.from({ length: 50 }, (_, index) => alias(index + 1, keys[index % keys.length] ?? key)).join('\n')}
}

fragment Card on User {
  name
  nameEn
  status
}
`,
    },
  ];
}

const alias = (number: number, key: string) =>
  `  p${String(number).padStart(2, '0')}: user(key: ${graphqlString(key)}) { ...Card }`;

/** GraphiQL drops the headers of its first tab, so that one describes them. */
const howToSend = (headers: string) =>
  headers === ''
    ? ''
    : `
# This gateway authenticates callers.
# Open "Headers" below, and put this there:
${headers.replace(/^/gm, '#   ')}`;

/** JSON that a `<script>` of HTML can hold: no `<` ends it or begins a comment, and older JavaScript reads it as well. */
export const scriptJson = (value: unknown): string => JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, escapesOf);

/** A string of GraphQL, on one line. What cannot be seen is escaped; half a surrogate pair, which GraphQL refuses, is U+FFFD. */
export const graphqlString = (text: string): string =>
  JSON.stringify(text.replace(/\p{Cs}/gu, '\ufffd')).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, escapesOf);

const escapesOf = (character: string): string =>
  Array.from({ length: character.length }, (_, index) => escapeOf(character.charCodeAt(index))).join('');

const escapeOf = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`;
