import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Gateway } from '../../src/gateway.ts';
import { gatewayWithSandbox } from '../support/gateway-with-sandbox.ts';
import { productionDefaults } from '../support/production.ts';

const RUNS = 10_000;
const SEED = 20_261_124;

const word = fc.constantFrom(
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  ':',
  '!',
  '$',
  '@',
  '...',
  '"',
  '"""',
  '\\u0000',
  '#',
  '\n',
  ' ',
  ',',
  '\u0000',
  '\ud800',
  'query',
  'mutation',
  'subscription',
  'fragment',
  'on',
  'User',
  'Query',
  'UserNameLocale',
  'ID',
  'null',
  'true',
  '1e999',
  'user',
  'users',
  'usersByEmail',
  'usersByOutId',
  'key',
  'keys',
  'emails',
  'outIds',
  'name',
  'locale',
  'ZH_CN',
  '__typename',
  '__schema',
  '__type',
  '__proto__',
  'constructor',
  '@skip(if: true)',
  '@include(if: $v)',
  '$v: [ID!]!',
);
const goodQuery = fc.constantFrom(
  '{ user(key: "7000000000000000001") { name email } }',
  'query Q($v: ID!) { user(key: $v) { name } }',
  'query Q($v: [ID!]!) { users(keys: $v) { key } }',
  'query Q($v: [String!]!, $t: ID) { usersByEmail(emails: $v, tenantKey: $t) { status } }',
  'query A { __typename } query B { __typename }',
  '{ ...F } fragment F on Query { user(key: 1) { ...G } } fragment G on User { key ...G }',
);
const query = fc.oneof(
  goodQuery,
  fc.array(word, { maxLength: 40 }).map((words) => words.join(' ')),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc
    .tuple(goodQuery, fc.nat(), word)
    .map(([text, at, insert]) => text.slice(0, at % text.length) + insert + text.slice(at % text.length)),
);
const params = fc.record(
  {
    query: fc.oneof({ weight: 4, arbitrary: query }, { weight: 1, arbitrary: fc.jsonValue() }),
    variables: fc.oneof(fc.dictionary(fc.constantFrom('v', 't', '__proto__'), fc.jsonValue()), fc.jsonValue()),
    operationName: fc.oneof(fc.constantFrom('Q', 'A', 'B', '', null), fc.jsonValue()),
    extensions: fc.jsonValue(),
    documentId: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
const encoder = new TextEncoder();
const body = fc.oneof(
  { weight: 6, arbitrary: params.map((value) => encoder.encode(JSON.stringify(value))) },
  { weight: 1, arbitrary: fc.array(params, { maxLength: 3 }).map((value) => encoder.encode(JSON.stringify(value))) },
  { weight: 1, arbitrary: fc.json().map((text) => encoder.encode(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  { weight: 1, arbitrary: query.map((text) => encoder.encode(text)) },
);
const contentType = fc.constantFrom(
  'application/json',
  'application/json; charset=utf-8',
  'application/json; charset=utf-16',
  'application/graphql',
  'application/graphql+json',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'multipart/form-data; boundary=x',
  'text/plain',
  'application/octet-stream',
  ',',
  ';',
  'application/json, text/plain',
);
const headers = fc
  .record(
    {
      'content-type': fc.oneof({ weight: 5, arbitrary: fc.constant('application/json') }, contentType),
      accept: fc.constantFrom(
        '*/*',
        'application/json',
        'application/graphql-response+json',
        'text/html',
        'text/event-stream',
        'multipart/mixed',
        'x',
        '',
      ),
      'x-lookup-receipt': fc.constantFrom('true', 'false', ''),
      'x-lookup-cache': fc.constantFrom('refresh', 'x'),
      'x-graphql-yoga-csrf': fc.constant('1'),
      authorization: fc.string({ unit: 'grapheme-ascii', maxLength: 20 }),
      origin: fc.constantFrom('null', 'https://evil.example'),
      'content-encoding': fc.constantFrom('gzip', 'br', 'identity', 'x'),
      traceparent: fc.string({ unit: 'grapheme-ascii', maxLength: 60 }),
    },
    { requiredKeys: [] },
  )
  .map((record) => Object.fromEntries(Object.entries(record).map(([name, value]) => [name, value.trim()])));
const path = fc.oneof(
  { weight: 6, arbitrary: fc.constant('/graphql') },
  {
    weight: 2,
    arbitrary: query.map((text) => `/graphql?query=${encodeURIComponent(text.replace(/[\ud800-\udfff]/g, '?'))}`),
  },
  { weight: 1, arbitrary: fc.webPath() },
  {
    weight: 1,
    arbitrary: fc.constantFrom('/graphql?variables=%7B', '/graphql?query', '/graphql/%00', '/graphql?extensions=1'),
  },
);
const request = fc.record({
  method: fc.oneof(
    { weight: 8, arbitrary: fc.constant('POST') },
    fc.constantFrom('GET', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH'),
  ),
  path,
  headers,
  body,
});

async function answerOf(gateway: Gateway, { method, path: target, headers: sent, body: bytes }: Sent) {
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const asked = new Request(`http://gateway.test${target}`, { method, headers: sent, ...(hasBody && { body: bytes }) });
  const response = await gateway.fetch(asked);
  return { status: response.status, text: await response.text() };
}
type Sent = { method: string; path: string; headers: Record<string, string>; body: Uint8Array<ArrayBuffer> };

it(`answers ${RUNS.toLocaleString('en')} requests of all kinds without a 500, a crash, a stack trace or an error without a code`, {
  timeout: 240_000,
}, async () => {
  const options = { callsPerSecond: 100_000, introspection: true };
  const { gateway } = await gatewayWithSandbox({ gateway: { ...productionDefaults(), ...options } });
  const seen = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(request, async (sent) => {
      const { status, text } = await answerOf(gateway, sent);
      seen.set(status, (seen.get(status) ?? 0) + 1);
      expect(status).toBeLessThan(500);
      expect(text).not.toMatch(/\n {4}at |node_modules|file:\/\//);
      expect(text).not.toContain('INTERNAL_SERVER_ERROR');
      // Each of its own, in a list or an event stream too.
      expect(text.match(/"code":"[A-Z_]+"/g)?.length ?? 0).toBeGreaterThanOrEqual(
        text.match(/"message":/g)?.length ?? 0,
      );
    }),
    { numRuns: RUNS, seed: SEED },
  );
  // What it sent was not all refused for one reason.
  for (const status of [200, 400, 404, 405, 406, 415]) expect(seen.get(status) ?? 0).toBeGreaterThan(50);
});
