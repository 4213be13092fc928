import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { gatewayWithSandbox, UNASKED } from '../../support/gateway-with-sandbox.ts';
import { type Asked, listening, posted } from '../../support/listening.ts';

const QUERY = 'query ($key: ID!) { user(key: $key) { key } }';
const KEY = '"7000000000000000001"';
const TOO_NESTED = {
  message:
    'Expected JSON with at most 64 lists and objects inside each other, got more. Send variables and extensions with fewer levels.',
  extensions: { code: 'BAD_USER_INPUT' },
};
/** For 1 MiB. */
const MANY = 500_000;

const nested = (open: string, close: string, levels: number, inner = '1') =>
  open.repeat(levels) + inner + close.repeat(levels);
const withBody = (body: string, type = 'application/json'): Asked => ({
  ...posted({}, { 'content-type': type, ...UNASKED }),
  body,
});
const withVariables = (variables: string) => withBody(`{"query":${JSON.stringify(QUERY)},"variables":${variables}}`);
const inForm = (name: string, value: string) =>
  withBody(`${new URLSearchParams({ query: QUERY })}&${name}=${value}`, 'application/x-www-form-urlencoded');
const inAddress = (name: string, value: string): Asked => ({
  method: 'GET',
  path: `/graphql?${new URLSearchParams({ query: QUERY, [name]: value })}`,
  headers: { accept: 'application/graphql-response+json', ...UNASKED },
  body: undefined,
  isChunked: false,
});

/** The longest text that JSON.parse has got since. */
function longestParsed(): () => number {
  const parse = vi.spyOn(JSON, 'parse');
  onTestFinished(() => parse.mockRestore());
  return () => Math.max(0, ...parse.mock.calls.map(([text]) => text.length));
}

const TOO_DEEP: readonly [string, Asked][] = [
  ['lists in variables', withVariables(`{"key":${nested('[', ']', MANY)}}`)],
  ['lists that do not end', withVariables(`{"key":${'['.repeat(2 * MANY)}`)],
  ['objects in variables', withVariables(`{"key":${nested('{"a":', '}', 150_000)}}`)],
  ['objects under __proto__', withVariables(nested('{"__proto__":', '}', 70_000))],
  ['lists and objects by turns', withVariables(`{"key":${nested('[{"a":', '}]', 120_000)}}`)],
  ['lists behind a text with an escaped quote', withVariables(`{"a":"\\"","key":${nested('[', ']', MANY)}}`)],
  ['lists behind a text that ends with a backslash', withVariables(`{"a":"\\\\","key":${nested('[', ']', MANY)}}`)],
  ['lists in extensions', withBody(`{"query":"{ __typename }","extensions":{"a":${nested('[', ']', MANY)}}}`)],
  ['lists in place of an operation', withBody(nested('[', ']', MANY))],
  [
    'lists in an operation of a batch',
    withBody(`[{"query":"{ __typename }","variables":{"a":${nested('[', ']', MANY)}}}]`),
  ],
  [
    'lists as application/graphql+json',
    { ...withVariables(nested('[', ']', MANY)), headers: { 'content-type': 'application/graphql+json' } },
  ],
  ['lists in a body of unknown length', { ...withVariables(`{"key":${nested('[', ']', MANY)}}`), isChunked: true }],
  ['lists in variables of a form', inForm('variables', nested('[', ']', MANY))],
  ['objects in extensions of a form', inForm('extensions', nested('{"a":', '}', 70_000))],
  ['lists in variables of an address', inAddress('variables', nested('[', ']', 1_500))],
  ['lists in extensions of an address', inAddress('extensions', nested('[', ']', 1_500))],
];

describe.each([
  ['a document that is answered the shorter way', true],
  ['Yoga', false],
])('%s: JSON with more than 64 lists and objects inside each other is refused before it is parsed', (_, fastPath) => {
  it.each(TOO_DEEP)('%s', async (_name, asked) => {
    const { send, upstreamCalls } = await listening({ fastPath, maxBatchedOperations: 10 });
    for (let n = 0; n < 3; n++) expect((await send(withVariables(`{"key":${KEY}}`))).status).toBe(200);
    const parsed = longestParsed();
    const { status, body } = await send(asked);
    expect(parsed()).toBeLessThan(1_000);
    expect({ status, answer: JSON.parse(String(body)) }).toEqual({ status: 400, answer: { errors: [TOO_NESTED] } });
    expect(upstreamCalls()).toHaveLength(1);
  });

  it.each([
    ['63 in variables', withVariables(`{"key":${KEY},"other":${nested('[', ']', 62)}}`)],
    [
      '62 in an operation of a list',
      withBody(`[{"query":"{ __typename }","variables":{"a":${nested('[', ']', 61)}}}]`),
    ],
    ['1,000 beside each other', withVariables(`{"key":${KEY},"other":[${Array(1_000).fill('[{}]').join()}]}`)],
    ['brackets in a text', withVariables(`{"key":${KEY},"other":"${'[{'.repeat(1_000)}"}`)],
    ['brackets in a text behind an escaped quote', withVariables(`{"key":${KEY},"other":"\\"${'['.repeat(1_000)}"}`)],
    [
      'brackets in a text behind an escaped backslash and quote',
      withVariables(`{"key":${KEY},"other":"\\\\\\"${'['.repeat(1_000)}"}`),
    ],
    ['brackets in a comment of a document', withBody(`{ __typename } # "${'[{'.repeat(1_000)}`, 'application/graphql')],
    ['64 in variables of a form', inForm('variables', `{"key":${KEY},"other":${nested('[', ']', 63)}}`)],
  ])('but not %s', async (_name, asked) => {
    const { send } = await listening({ fastPath, maxBatchedOperations: 10 });
    for (let n = 0; n < 3; n++) expect((await send(asked)).status).toBe(200);
  });
});

it('a request of any length through the Fetch API, too', async () => {
  const { gateway } = await gatewayWithSandbox();
  const { path, headers } = inAddress('variables', nested('[', ']', MANY));
  const parsed = longestParsed();
  const response = await gateway.fetch(new Request(`http://gateway.test${path}`, { headers }));
  expect(parsed()).toBeLessThan(1_000);
  expect({ status: response.status, answer: await response.json() }).toEqual({
    status: 400,
    answer: { errors: [TOO_NESTED] },
  });
});

it.each([
  ['lists in a document', `{ users(keys: ${nested('[', ']', 45_000, '"1"')}) { key } }`],
  ['objects in a document', `{ user(key: ${nested('{a:', '}', 20_000, '1')}) { key } }`],
  ['lists in the type of a variable', `query ($a: ${nested('[', ']', 45_000, 'ID')}) { __typename }`],
  ['lists in the default of a variable', `query ($a: ID = ${nested('[', ']', 45_000, '1')}) { __typename }`],
  ['lists in a directive', `{ __typename @skip(if: ${nested('[', ']', 45_000, 'true')}) }`],
  ['selection sets', nested('{a', '}', 30_000, '')],
  ['inline fragments', `{ ${nested('... {', '}', 15_000, '__typename')} }`],
])('%s are refused at 32 brackets inside each other', async (_, query) => {
  const { send } = await listening({});
  const { status, body } = await send(posted({ query: query.slice(0, 99_999) }));
  expect(status).toBe(400);
  expect(JSON.parse(String(body)).errors).toMatchObject([
    {
      message: expect.stringMatching(/at most (32 brackets inside each other|5000 tokens)/),
      extensions: { code: 'BAD_USER_INPUT' },
    },
  ]);
});

it.each([
  ['an object of 70,000 fields', `{"key":{${Array.from({ length: 70_000 }, (_, n) => `"k${n}":1`).join()}}}`],
  ['a list of 100,000 objects', `{"key":[${Array(100_000).fill('{"a":1}').join()}]}`],
  ['an object under __proto__', '{"key":{"__proto__":{"a":1}}}'],
])('a variable that is %s in place of an identifier is not repeated in its error', async (_, variables) => {
  const { send } = await listening({});
  const { status, body } = await send(withVariables(variables));
  expect({ status, answer: JSON.parse(String(body)) }).toMatchObject({
    status: 400,
    answer: {
      errors: [
        {
          message: 'Variable "$key" expects ID!, got a list or an object in place of a value. Send values of type ID.',
        },
      ],
    },
  });
});
