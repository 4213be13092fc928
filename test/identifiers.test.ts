import { describe, expect, it } from 'vitest';
import { UsersByEmailDocument, UsersDocument } from './generated/graphql.ts';
import { codesByPath, gatewayWithSandbox, post } from './support/gateway-with-sandbox.ts';

const ZHANG_SAN = '7000000000000000001';

describe('identifiers are checked before any call', () => {
  it.each([
    ['empty', '', 'Expected a user key, got an empty text.'],
    ['only spaces', '  ', 'Expected a user key, got an empty text.'],
    ['over 256 characters', '7'.repeat(257), 'Expected a user key of at most 256 characters, got 257 characters.'],
    ['two words', '7 0', 'Expected a user key, got a text with spaces or control characters inside.'],
    ['a control character', '7\u0000', 'Expected a user key, got a text with spaces or control characters inside.'],
  ])('a key that is %s fails at its own path, and the people beside it are answered', async (_, key, message) => {
    const { query, upstreamCalls } = await gatewayWithSandbox();
    const answer = await query(UsersDocument, { keys: [key, ZHANG_SAN] });
    expect(answer.data?.users).toEqual([null, { key: ZHANG_SAN }]);
    expect(answer.errors).toMatchObject([{ path: ['users', 0], message, extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(upstreamCalls()).toEqual([{ user_keys: [ZHANG_SAN] }]);
  });

  it.each(['zhangsan', '@example.com', 'zhangsan@', 'a@b@c'])('%s is no e-mail address', async (email) => {
    const { query, upstreamCalls } = await gatewayWithSandbox();
    const answer = await query(UsersByEmailDocument, { emails: [email] });
    expect(answer.data?.usersByEmail).toEqual([null]);
    expect(codesByPath(answer)).toEqual(['usersByEmail.0: BAD_USER_INPUT']);
    expect(upstreamCalls()).toEqual([]);
  });

  it('a malformed tenant key spoils the items of its own list only', async () => {
    const { query } = await gatewayWithSandbox();
    const answer = await query(
      `{ list: usersByEmail(emails: ["a@b.c"], tenantKey: " ") { key } user(key: "${ZHANG_SAN}") { key } }`,
    );
    expect(answer.data).toEqual({ list: [null], user: { key: ZHANG_SAN } });
    expect(codesByPath(answer)).toEqual(['list.0: BAD_USER_INPUT']);
  });

  it('an error never repeats the identifier', async () => {
    const { query } = await gatewayWithSandbox();
    const { errors } = await query(UsersByEmailDocument, { emails: ['secret person'] });
    expect(JSON.stringify(errors)).not.toContain('secret');
  });
});

describe('a key of 19 digits', () => {
  const text = 'query ($key: ID!) { user(key: $key) { nameEn } }';

  it('is refused as a JSON number, which JSON.parse has already turned into another person', async () => {
    const { gateway, upstreamCalls } = await gatewayWithSandbox();
    const body = `{"query": ${JSON.stringify(text)}, "variables": {"key": ${ZHANG_SAN}}}`;
    const response = await gateway.fetch(
      new Request('http://gateway.test/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
        body,
      }),
    );
    const answer = await response.json();
    expect(response.status).toBe(400);
    expect(codesByPath(answer)).toEqual(['(request): BAD_USER_INPUT']);
    expect(answer.errors[0].message).toContain('as strings, got a JSON number. Send it in quotes');
    expect(upstreamCalls()).toEqual([]);
  });

  it('is refused as a JSON number inside a list, too', async () => {
    const { query } = await gatewayWithSandbox();
    const answer = await query('query ($keys: [ID!]!) { users(keys: $keys) { key } }', { keys: [ZHANG_SAN, 7] });
    expect(codesByPath(answer)).toEqual(['(request): BAD_USER_INPUT']);
  });

  it('finds the right person as a string, and as a literal in the query', async () => {
    const { query } = await gatewayWithSandbox();
    expect(await query(text, { key: ZHANG_SAN })).toEqual({ data: { user: { nameEn: 'Zhang San' } } });
    expect(await query(`{ user(key: ${ZHANG_SAN}) { nameEn } }`)).toEqual({ data: { user: { nameEn: 'Zhang San' } } });
  });
});

describe('MAX_IDENTIFIERS', () => {
  const limited = { gateway: { maxIdentifiers: 5 } };

  it('counts over all aliases, lists and fragments of an operation', async () => {
    const { query, upstreamCalls } = await gatewayWithSandbox(limited);
    const answer = await query(
      `query ($keys: [ID!]!) { a: user(key: "1") { key } ...More b: users(keys: $keys) { key } ... on Query { c: user(key: "2") { key } } }
       fragment More on Query { usersByEmail(emails: ["a@b.c"]) { key } d: usersByOutId(outIds: "one") { key } }`,
      { keys: ['3', '4'] },
    );
    expect(answer.data).toBeUndefined();
    expect(codesByPath(answer)).toEqual(['(request): BAD_USER_INPUT']);
    expect(answer.errors?.[0]?.message).toContain('at most 5 identifiers');
    expect(answer.errors?.[0]?.message).toContain('per operation, over all its fields and lists, got 6. Split it.');
    expect(upstreamCalls()).toEqual([]);
  });

  it('lets exactly that many through', async () => {
    const { query } = await gatewayWithSandbox(limited);
    expect((await query(UsersDocument, { keys: ['1', '2', '3', '4', '5'] })).errors).toBeUndefined();
  });

  it('does not count what @skip and @include leave out, nor a field that is merged with its twin', async () => {
    const { query } = await gatewayWithSandbox(limited);
    const { errors } = await query(
      `query ($no: Boolean!) { users(keys: ["1", "2", "3", "4", "5"]) { key } users(keys: ["1", "2", "3", "4", "5"]) { nameEn }
        a: user(key: "6") @include(if: $no) { key } ...F @skip(if: true) ... @include(if: $no) { b: user(key: "7") { key } } }
       fragment F on Query { c: user(key: "8") { key } }`,
      { no: false },
    );
    expect(errors).toBeUndefined();
  });

  it('counts the operation that is asked for, not its neighbours in the document', async () => {
    const { gateway } = await gatewayWithSandbox(limited);
    const query = 'query Small { user(key: "1") { key } } query Big { users(keys: [1, 2, 3, 4, 5, 6]) { key } }';
    const codes = async (operationName: string) =>
      codesByPath(await (await post(gateway, { query, operationName })).json());
    expect(await codes('Small')).toEqual([]);
    expect(await codes('Big')).toEqual(['(request): BAD_USER_INPUT']);
  });
});

describe('values, the fields of all people', () => {
  const limited = { gateway: { maxIdentifiers: 4 } };
  const fields = (count: number) => Array.from({ length: count }, (_, n) => `a${n}: nameEn`).join(' ');

  it('are 25 for each identifier that an operation may name, so that no answer costs more than its look-ups', async () => {
    const { query } = await gatewayWithSandbox(limited);
    expect((await query(`{ users(keys: ["1", "2", "3", "4"]) { ${fields(25)} } }`)).errors).toBeUndefined();
    const { errors } = await query(`{ users(keys: ["1", "2", "3", "4"]) { ${fields(26)} } }`);
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining('at most 100 values'),
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });

  it('count in fragments, and of fields that are merged with a twin', async () => {
    const { query } = await gatewayWithSandbox(limited);
    const list = 'users(keys: ["1", "2", "3", "4"])';
    const twins = `{ ${list} { ...F } ${list} { ${fields(13)} } } fragment F on User { ${fields(13).replaceAll('a', 'b').replaceAll('nbmeEn', 'nameEn')} }`;
    expect((await query(twins)).errors?.[0]?.message).toContain(
      'per operation, over all its fields and lists, got 104. Split it.',
    );
  });
});

it.each(['mutation', 'subscription'])('a %s is refused with a code: the schema has none', async (operation) => {
  const { query } = await gatewayWithSandbox();
  const answer = await query(`${operation} { user(key: "1") { key } }`);
  expect(answer.data).toBeUndefined();
  expect(answer.errors?.[0]).toMatchObject({
    message: `This schema has no ${operation}.`,
    extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
  });
});

it('an operation names five tenants at most: each is asked in calls of its own', async () => {
  const { query, upstreamCalls } = await gatewayWithSandbox();
  const naming = (tenants: number) =>
    `{ ${Array.from({ length: tenants }, (_, n) => `t${n}: usersByEmail(emails: ["a@b.c"], tenantKey: "t${n}") { key }`).join(' ')} }`;
  const refused = await query(naming(6));
  expect(codesByPath(refused)).toEqual(['(request): BAD_USER_INPUT']);
  expect(refused.errors?.[0]?.message).toBe(
    'Expected at most 5 tenants per operation, over all its fields and lists, got 6. Split it.',
  );
  expect(upstreamCalls()).toEqual([]);
  expect((await query(naming(5))).errors).toBeUndefined();
});

describe('a request that cannot run is refused as a whole, with a code', () => {
  it.each([
    [
      'a variable of the wrong type',
      { query: 'query ($e: [String!]!) { usersByEmail(emails: $e) { key } }', variables: { e: [1] } },
    ],
    ['a missing variable', { query: 'query ($k: ID!) { user(key: $k) { key } }' }],
    [
      'null for an argument that must not be null',
      { query: 'query ($k: ID = "1") { user(key: $k) { key } }', variables: { k: null } },
    ],
  ])('%s', async (_, body) => {
    const { gateway } = await gatewayWithSandbox();
    const response = await post(gateway, body, { accept: 'application/graphql-response+json' });
    expect(response.status).toBe(400);
    expect(codesByPath(await response.json())).toEqual(['(request): BAD_USER_INPUT']);
  });

  it.each([
    ['C', 'OPERATION_RESOLUTION_FAILURE'],
    [undefined, 'OPERATION_RESOLUTION_FAILURE'],
  ])('operationName %s, where the document has A and B', async (operationName, code) => {
    const { gateway } = await gatewayWithSandbox();
    const response = await post(gateway, { query: 'query A { __typename } query B { __typename }', operationName });
    expect(codesByPath(await response.json())).toEqual([`(request): ${code}`]);
  });

  it('with status 200 for clients that take application/json only, as GraphQL over HTTP wants', async () => {
    const { gateway } = await gatewayWithSandbox();
    const response = await post(gateway, { query: 'query ($k: ID!) { user(key: $k) { key } }' });
    expect(response.status).toBe(200);
    expect(codesByPath(await response.json())).toEqual(['(request): BAD_USER_INPUT']);
  });
});
