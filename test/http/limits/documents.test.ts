import { getIntrospectionQuery } from 'graphql';
import { describe, expect, it } from 'vitest';
import { ALL_FIELDS, fragmentBomb, refusal, repeat, send } from '../../support/documents.ts';
import { gatewayWithSandbox } from '../../support/gateway-with-sandbox.ts';

const SPLIT_OR_LIST = 'Split it, or use a field that takes a list.';
const person = (fields: string) => `{ user(key: "1") { ${fields} } }`;

describe('a document may have at most', () => {
  it.each([
    [
      '100,000 characters',
      `{ __typename } # ${'.'.repeat(100_000)}`,
      'characters; this one has 100017. Split it, or pass lists as variables.',
    ],
    [
      '5,000 lines',
      `{ __typename }${'\n'.repeat(5_000)}`,
      'lines; this one has 5001. Split it, or pass lists as variables.',
    ],
    [
      '5,000 tokens',
      `{ users(keys: [${repeat(4_992, String)}]) { key } }`,
      'tokens; this one has 5004. Split it, or pass lists as variables.',
    ],
    [
      '32 brackets inside each other',
      `{ user(key: ${'['.repeat(1_000)}${']'.repeat(1_000)}) { key } }`,
      'brackets inside each other; this one has 1002. Ask for less depth.',
    ],
    [
      '16 operations',
      repeat(17, (index) => `query Q${index} { __typename }`),
      'operations; this one has 17. Split it.',
    ],
    [
      '64 fragments',
      `{ __typename } ${repeat(65, (index) => `fragment F${index} on Query { __typename }`)}`,
      'fragments; this one has 65. Split it.',
    ],
    [
      '64 aliases, wherever they are',
      `{ user(key: "1") { ${repeat(64, (index) => `a${index}: key`)} } ...F } fragment F on Query { b: __typename }`,
      `aliases; this one has 65. ${SPLIT_OR_LIST}`,
    ],
    [
      '64 directives',
      person(repeat(33, () => 'key @skip(if: false) @include(if: true)')),
      'directives; this one has 66. Split it.',
    ],
    [
      '4 directives in one place',
      '{ __typename @skip(if: false) @skip(if: false) @skip(if: false) @skip(if: false) @skip(if: false) }',
      'directives in one place; this one has 5. Remove the repeats.',
    ],
    [
      '16 fields inside each other, through fragments',
      `{ ${'a { '.repeat(10)} ...F ${'} '.repeat(10)} } fragment F on User { ${'a { '.repeat(6)} a ${'} '.repeat(6)} }`,
      'fields inside each other; this one has 17. Ask for less depth.',
    ],
    [
      '64 root fields in one operation, those of fragments included',
      `{ ${repeat(60, () => '...F')} __typename } fragment F on Query { __typename ... { __typename } }`,
      `root fields in one operation, those of fragments included; this one has 121. ${SPLIT_OR_LIST}`,
    ],
    [
      '5,000 selections, those of a fragment counted wherever it is spread',
      `{ user(key: "1") { ...F0 } } ${fragmentBomb(12, 'User', 'key')}`,
      'selections, those of a fragment counted wherever it is spread; this one has 36835. Split it, or spread fewer fragments.',
    ],
    [
      '64 repeats of a field in one place, also where graphql-js has to merge them',
      `{ ${repeat(13, () => 'user(key: "1") { ...F ... { key key } }')} } fragment F on User { key key key }`,
      'repeats of a field in one place; this one has 65. Remove the repeats.',
    ],
  ])('%s', async (limit, query, rest) => {
    const harness = await gatewayWithSandbox();
    const most = limit.replace(',', '').split(' ')[0];
    expect(await send(harness, query)).toMatchObject(refusal(`A document may have at most ${most} ${rest}`));
    expect(harness.upstreamCalls()).toEqual([]);
  });
});

describe('within all limits are', () => {
  it.each([
    ['64 aliases and root fields', `{ ${repeat(64, (index) => `a${index}: __typename`)} }`],
    ['5,000 lines', `{ __typename }${'\n'.repeat(4_999)}`],
    ['64 repeats of a field', person(repeat(64, () => 'key'))],
    ['100,000 characters', `{ __typename } # ${'.'.repeat(100_000 - 17)}`],
    [
      '64 fragments',
      `{ ${repeat(64, (n) => `...F${n}`)} } ${repeat(64, (n) => `fragment F${n} on Query { __typename }`)}`,
    ],
    [
      '4,998 tokens',
      `query ($no: Boolean = false) { users(keys: [${repeat(4_970, String)}]) @include(if: $no) { key } }`,
    ],
  ])('%s', async (_, query) => {
    const { answer } = await send(await gatewayWithSandbox(), query);
    expect(answer.errors).toBeUndefined();
  });

  it('50 people under aliases, with every field', async () => {
    const harness = await gatewayWithSandbox();
    const { answer } = await send(harness, `{ ${repeat(50, (n) => `u${n}: user(key: "${n}") { ${ALL_FIELDS} }`)} }`);
    expect(answer.errors).toBeUndefined();
    expect(Object.keys(answer.data)).toHaveLength(50);
  });

  it('the introspection query of tools, with all that it can ask for', async () => {
    const all = {
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    };
    const { answer } = await send(await gatewayWithSandbox(), getIntrospectionQuery(all));
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toMatchObject({ __schema: { queryType: { name: 'Query' } } });
  });

  it('one fragment for each part of a page, all of the same person', async () => {
    const parts = repeat(20, (part) => `fragment Part${part} on User { key name avatarUrl }`);
    const spreads = repeat(20, (part) => `...Part${part}`);
    const { answer } = await send(await gatewayWithSandbox(), `{ user(key: "1") { ${spreads} } } ${parts}`);
    expect(answer.errors).toBeUndefined();
  });
});

describe('a document that would cost much is refused before its validation', () => {
  it('a bomb of 18 levels of fragments is told by what it comes to, without being expanded', async () => {
    const { status, answer } = await send(await gatewayWithSandbox(), `{ ...F0 } ${fragmentBomb(18)}`);
    expect(status).toBe(400);
    expect(answer.errors).toHaveLength(1);
    expect(answer.errors[0].message).toContain('this one has 262144');
  });

  it('a bomb that is not spread at all is refused as well: its validation would cost the same', async () => {
    const { answer } = await send(await gatewayWithSandbox(), `{ __typename } ${fragmentBomb(18)}`);
    expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  });

  it('fragments that spread themselves are told as what they are', async () => {
    const query = '{ ...A } fragment A on Query { ...B } fragment B on Query { __typename ... { ...A } }';
    expect(await send(await gatewayWithSandbox(), query)).toMatchObject({
      status: 400,
      answer: {
        errors: [
          {
            message: 'Cannot spread fragment "A" within itself.',
            extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
          },
        ],
      },
    });
  });

  it.each([
    ['selections', '{a '],
    ['inline fragments', '{... '],
    ['lists', '['],
    ['objects', '{a: '],
  ])('thousands of %s inside each other do not overflow a stack', async (_, opening) => {
    const start = opening.startsWith('{a ') || opening.startsWith('{.') ? '' : '{ user(key: ';
    const { status, answer } = await send(await gatewayWithSandbox(), `${start}${opening.repeat(1_600)}`);
    expect(status).toBe(400);
    expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  });

  it('the same document is refused each time, and does not spoil the next one', async () => {
    const harness = await gatewayWithSandbox();
    const tooMuch = `{ ${repeat(65, (index) => `a${index}: __typename`)} }`;
    for (let time = 0; time < 2; time++) expect((await send(harness, tooMuch)).status).toBe(400);
    expect((await send(harness, '{ __typename }')).answer).toEqual({ data: { __typename: 'Query' } });
  });

  it('clients that take application/json only get a 200, as GraphQL over HTTP wants', async () => {
    const { query } = await gatewayWithSandbox();
    const { errors } = await query(`{ ${repeat(65, (index) => `a${index}: __typename`)} }`);
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  });
});
