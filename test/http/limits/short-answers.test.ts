import { describe, expect, it } from 'vitest';
import { repeat, send } from '../../support/documents.ts';
import { gatewayWithSandbox } from '../../support/gateway-with-sandbox.ts';

const BY_EMAIL = 'query ($emails: [String!]!) { usersByEmail(emails: $emails) { key } }';
const emails = (count: number) => Array.from({ length: count }, (_, n) => `u${n}@a.b`);

describe('the answer to what is wrong is short', () => {
  it('50,000 e-mails get one error and no call', async () => {
    const harness = await gatewayWithSandbox();
    const { status, length, answer } = await send(harness, BY_EMAIL, { emails: emails(50_000) });
    expect(status).toBe(400);
    expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(answer.errors[0].message).toContain('per operation, over all its fields and lists, got 50000. Split it.');
    expect(length).toBeLessThan(1_000);
    expect(harness.upstreamCalls()).toEqual([]);
  });

  it.each([
    ['50,000 items of the wrong type', BY_EMAIL, { emails: Array.from({ length: 50_000 }, (_, n) => n) }],
    ['50,000 identifiers that are null', BY_EMAIL, { emails: Array.from({ length: 50_000 }, () => null) }],
    [
      '500 variables that are JSON numbers',
      `query (${repeat(500, (n) => `$k${n}: ID!`)}) { users(keys: [${repeat(500, (n) => `$k${n}`)}]) { key } }`,
      Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`k${n}`, n])),
    ],
    ['60 fields that do not exist', `{ ${repeat(60, (n) => `no${n}`)} }`, undefined],
    ['a field with a name of 90,000 letters', `{ ${'a'.repeat(90_000)} }`, undefined],
    ['a text of 90,000 letters in the wrong place', `{ ${JSON.stringify('a'.repeat(90_000))} }`, undefined],
    [
      'a language with a name of 900,000 letters',
      'query ($l: UserNameLocale) { user(key: "1") { name(locale: $l) } }',
      { l: 'a'.repeat(900_000) },
    ],
    ['64 people who cannot be merged into one', `{ ${repeat(64, (n) => `user(key: "${n}") { key }`)} }`, undefined],
  ])('%s: a few errors of a few words', async (_, query, variables) => {
    const harness = await gatewayWithSandbox();
    const { status, length, answer } = await send(harness, query, variables);
    expect(status).toBe(400);
    expect(answer.errors.length).toBeLessThanOrEqual(5);
    expect(length).toBeLessThan(2_500);
    expect(harness.upstreamCalls()).toEqual([]);
  });

  it('an error about many places points to two of them', async () => {
    const conflicting = (field: string) => `user(key: "1") { ${repeat(25, (n) => `a${n}: ${field}`)} }`;
    const { answer } = await send(await gatewayWithSandbox(), `{ ${conflicting('key')} ${conflicting('name')} }`);
    expect(answer.errors[0].locations).toHaveLength(2);
  });

  it('an error that is short already is told in full, with its places', async () => {
    const { answer } = await send(await gatewayWithSandbox(), '{ nobody }');
    expect(answer.errors).toEqual([
      {
        message: 'Cannot query field "nobody" on type "Query".',
        locations: [{ line: 1, column: 3 }],
        extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
      },
    ]);
  });
});

it('a variable of 400,000 arrays inside each other is a value of the wrong type, no fault', async () => {
  const { gateway } = await gatewayWithSandbox();
  const query = JSON.stringify('query ($key: ID!) { user(key: $key) { key } }');
  const response = await gateway.fetch(
    new Request('http://gateway.test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
      body: `{"query": ${query}, "variables": {"key": ${'['.repeat(400_000)}${']'.repeat(400_000)}}}`,
    }),
  );
  expect(response.status).toBe(400);
  expect((await response.json()).errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
});
