import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failures } from '../../src/errors.ts';
import { listening, posted } from '../support/listening.ts';

const RUNS = 500;
const SEED = 20_261_130;
const CODES: ReadonlySet<string> = new Set([
  ...Object.keys(failures),
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
]);

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

interface Params {
  readonly query: string;
  readonly variables?: unknown;
  readonly operationName?: unknown;
}

/** Names that mean something to an object of JavaScript, and one that does not. */
const variableName = fc.constantFrom('v', '__proto__', 'constructor', 'toString', 'hasOwnProperty');
/** What a variable can stand for: its type, with a default or not, and a place for it that validation allows. */
const variable = fc
  .tuple(
    variableName,
    fc.constantFrom(
      ...['Boolean = true', 'Boolean = false', 'Boolean!', 'Boolean! = true'].map((type) => ({ type, kind: 'if' })),
      ...['ID = "7000000000000000001"', 'ID!', 'ID! = "1"'].map((type) => ({ type, kind: 'key' })),
      ...['[ID!] = ["1"]', '[ID!]!', '[ID!] = []'].map((type) => ({ type, kind: 'keys' })),
      ...['Locale = EN_US', 'Locale', 'Locale!'].map((type) => ({ type, kind: 'locale' })),
      ...['[_Any!]!', '[_Any!] = []'].map((type) => ({ type, kind: 'representations' })),
      ...['String!', 'String = "User"'].map((type) => ({ type, kind: 'name' })),
    ),
  )
  .map(([name, { type, kind }]) => ({ name, type, kind }));
/** By kind, what there is in the place of a variable of it. */
const LITERALS: Readonly<Record<string, string>> = {
  if: 'true',
  key: '"7000000000000000001"',
  keys: '["7000000000000000002"]',
  locale: 'ZH_CN',
  representations: '[{ __typename: "User", key: "7000000000000000001" }]',
  name: '"User"',
};
/** Each with places for values, by kind. A directive, too, can stand in any place. */
const SELECTIONS = [
  'user(key: <key>) <dir> { key }',
  'user(key: <key>) { name(locale: <locale>) <dir> }',
  'user(key: <key>) { key ...F <dir> }',
  'user(key: <key>) { ... <dir> { key email <dir> } }',
  'a: users(keys: <keys>) <dir> { name(locale: <locale>) }',
  'b: users(keys: [<key>, "1"]) { key <dir> }',
  'c: usersByEmail(emails: ["zhangsan@example.com"], tenantKey: <key>) { key <dir> }',
  '__typename <dir>',
  '... <dir> { d: users(keys: <keys>) { __typename } }',
  '_entities(representations: <representations>) { ... on User { key <dir> } }',
  '__type(name: <name>) { name <dir> }',
  '_service { sdl <dir> }',
] as const;
const value = fc.oneof(
  { weight: 2, arbitrary: fc.constant(null) },
  fc.constantFrom<unknown>('7000000000000000001', true, false, 'EN_US', ['7000000000000000001'], 7, {}, [], [null]),
  fc.jsonValue({ maxDepth: 2 }),
);

const params: fc.Arbitrary<Params> = fc
  .record({
    variables: fc.uniqueArray(variable, { maxLength: 3, selector: ({ name }) => name }),
    selections: fc.array(fc.constantFrom(...SELECTIONS), { minLength: 1, maxLength: 3 }),
    directives: fc.array(fc.constantFrom('', '@include(if: <if>)', '@skip(if: <if>)'), { minLength: 6, maxLength: 6 }),
    isVariable: fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }),
    given: fc.array(fc.option(value, { nil: undefined }), { minLength: 3, maxLength: 3 }),
    operationName: fc.constantFrom<unknown>(undefined, undefined, undefined, 'Q', '', 'R', 7, '__proto__'),
  })
  .map(({ variables, selections, directives, isVariable, given, operationName }) => {
    let place = 0;
    const used = new Set<string>();
    const text = selections
      .map((selection, n) => selection.replace(/^(\w+)(?=\()/, `r${n}: $1`).replace(/^(\w): r\d: /, '$1: '))
      .join(' ')
      .replaceAll('<dir>', () => directives[place++ % directives.length] ?? '')
      .replaceAll(/<(\w+)>/g, (_, kind: string) => {
        const fitting = variables.find((one) => one.kind === kind && isVariable[place++ % isVariable.length]);
        if (fitting) used.add(fitting.name);
        return fitting ? `$${fitting.name}` : (LITERALS[kind] ?? '');
      });
    const declared = variables.filter(({ name }) => used.has(name)).map(({ name, type }) => `$${name}: ${type}`);
    const head = declared.length > 0 ? `query Q(${declared.join(', ')})` : 'query Q';
    const fragment = text.includes('...F') ? ' fragment F on User { email }' : '';
    // fromEntries keeps a name of "__proto__", as JSON does.
    const entries = variables.map(({ name }, n): [string, unknown] => [name, given[n]]);
    return {
      query: `${head} { ${text} }${fragment}`,
      variables: Object.fromEntries(entries.filter(([, one]) => one !== undefined)),
      ...(operationName !== undefined && { operationName }),
    };
  });

async function gateways() {
  const options = { callsPerSecond: 100_000, maxBatchedOperations: 2 };
  return [await listening(options), await listening({ ...options, fastPath: false })];
}

/** Sends it as it is and in a batch, in both media types, until the fast path would know it. */
async function answersTo(all: Awaited<ReturnType<typeof gateways>>, asked: unknown): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const { send } of all) {
    for (const body of [asked, asked, [asked, asked]]) {
      const { body: text } = await send(posted(body, { accept: 'application/json' }));
      answers.push(...[JSON.parse(String(text))].flat());
    }
  }
  return answers;
}

const codesIn = (answers: readonly Answer[]) =>
  answers.flatMap(({ errors = [] }) => errors.map(({ extensions }) => extensions?.code ?? 'none'));

describe('every error has a code of the documented table', () => {
  it.each<[string, Params]>([
    [
      'a directive whose variable is null',
      {
        query: 'query ($i: Boolean = true) { user(key: "7000000000000000001") { key @include(if: $i) } }',
        variables: { i: null },
      },
    ],
    [
      'a directive on a root field whose variable is null',
      {
        query: 'query ($i: Boolean = true) { user(key: "7000000000000000001") @skip(if: $i) { key } }',
        variables: { i: null },
      },
    ],
    [
      'a directive on __typename whose variable is null',
      { query: 'query ($i: Boolean = true) { __typename @include(if: $i) }', variables: { i: null } },
    ],
    [
      'a variable named $__proto__',
      {
        query: 'query ($__proto__: ID!) { user(key: $__proto__) { key } }',
        variables: JSON.parse('{ "__proto__": "7000000000000000001" }'),
      },
    ],
    [
      'an argument of introspection whose variable is null',
      { query: 'query ($n: String = "User") { __type(name: $n) { name } }', variables: { n: null } },
    ],
  ])('where there is %s', async (_, asked) => {
    for (const answer of await answersTo(await gateways(), asked)) {
      expect(answer.errors?.length).toBeGreaterThan(0);
      for (const code of codesIn([answer])) expect(code).toBe('BAD_USER_INPUT');
    }
  });

  it(`in ${RUNS.toLocaleString('en')} operations with odd variables and directives`, { timeout: 240_000 }, async () => {
    const all = await gateways();
    const seen = new Map<string, number>();
    let answered = 0;
    await fc.assert(
      fc.asyncProperty(params, async (asked) => {
        const answers = await answersTo(all, asked);
        if (answers.every(({ errors }) => errors === undefined)) answered++;
        for (const code of codesIn(answers)) {
          seen.set(code, (seen.get(code) ?? 0) + 1);
          expect(CODES).toContain(code);
          expect(code).not.toBe('INTERNAL_SERVER_ERROR');
        }
      }),
      { numRuns: RUNS, seed: SEED },
    );
    // Neither all of them right nor all of them wrong.
    expect(answered).toBeGreaterThan(RUNS / 10);
    expect(seen.get('BAD_USER_INPUT')).toBeGreaterThan(RUNS / 10);
  });
});
