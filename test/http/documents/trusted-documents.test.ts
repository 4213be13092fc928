import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/config/config.ts';
import { gatewayWithSandbox, post, UNASKED } from '../../support/gateway-with-sandbox.ts';
import { emptyFolder } from '../../support/run-cli.ts';

const ID = 'a94a8fe5ccb19ba61c4c0873d391e987982fbbd3';
const DOCUMENT = 'query Person($key: ID!) { user(key: $key) { nameEn } }';
const variables = { key: '7000000000000000001' };
const FOUND = { data: { user: { nameEn: 'Zhang San' } } };

const gatewayWithDocuments = () => gatewayWithSandbox({ gateway: { trustedDocuments: { [ID]: DOCUMENT } } });

describe('TRUSTED_DOCUMENTS', () => {
  it.each([
    ['documentId', { documentId: ID, variables }],
    ['documentId with the name of the hash', { documentId: `sha256:${ID}`, variables }],
    ["Apollo's persistedQuery", { extensions: { persistedQuery: { version: 1, sha256Hash: ID } }, variables }],
  ])('runs a document by its id: %s', async (_, body) => {
    const { gateway } = await gatewayWithDocuments();
    expect(await (await post(gateway, body)).json()).toEqual(FOUND);
  });

  it.each([
    ['with it', { documentId: `sha256:${ID}`, variables }],
    ['without it', { documentId: ID, variables }],
    ["in Apollo's form", { extensions: { persistedQuery: { version: 1, sha256Hash: ID } }, variables }],
  ])('whose id in the file has the name of its hash, too, asked for %s', async (_, body) => {
    const { gateway } = await gatewayWithSandbox({ gateway: { trustedDocuments: { [`sha256:${ID}`]: DOCUMENT } } });
    for (let n = 0; n < 3; n++) expect(await (await post(gateway, body)).json()).toEqual(FOUND);
  });

  it('finds each of two that differ in the name of the hash only', async () => {
    const trustedDocuments = { [`sha256:${ID}`]: DOCUMENT, [ID]: '{ __typename }' };
    const { gateway } = await gatewayWithSandbox({ gateway: { trustedDocuments } });
    expect(await (await post(gateway, { documentId: `sha256:${ID}`, variables })).json()).toEqual(FOUND);
    expect(await (await post(gateway, { documentId: ID })).json()).toEqual({ data: { __typename: 'Query' } });
  });

  it('by GET, too', async () => {
    const { gateway } = await gatewayWithDocuments();
    const byId = new URLSearchParams({ documentId: ID, variables: JSON.stringify(variables) });
    const short = await gateway.fetch(new Request(`http://gateway.test/graphql?${byId}`, { headers: UNASKED }));
    expect(await short.json()).toEqual(FOUND);
    const persisted = JSON.stringify({ persistedQuery: { version: 1, sha256Hash: ID } });
    const parameters = new URLSearchParams({ extensions: persisted, variables: JSON.stringify(variables) });
    const response = await gateway.fetch(
      new Request(`http://gateway.test/graphql?${parameters}`, { headers: UNASKED }),
    );
    expect(await response.json()).toEqual(FOUND);
  });

  it.each([
    ['a query, be it a trusted one', { query: DOCUMENT, variables }, 403, 'FORBIDDEN'],
    ['a query beside an id', { query: '{ __typename }', documentId: ID }, 403, 'FORBIDDEN'],
    ['an unknown id', { documentId: 'nope' }, 400, 'BAD_USER_INPUT'],
    ['a name that every object has', { documentId: '__proto__' }, 400, 'BAD_USER_INPUT'],
    ['no id', { variables }, 400, 'BAD_USER_INPUT'],
    ['a list of nothing', [null], 400, 'BAD_USER_INPUT'],
  ])('refuses %s, and asks nobody', async (_, body, status, code) => {
    const { gateway, upstreamCalls } = await gatewayWithDocuments();
    await gateway.whenReady;
    const response = await post(gateway, body);
    expect(response.status).toBe(status);
    expect((await response.json()).errors).toEqual([{ message: expect.any(String), extensions: { code } }]);
    expect(upstreamCalls()).toEqual([]);
  });
});

describe('the file of TRUSTED_DOCUMENTS', () => {
  const read = (content: string, more: Record<string, string> = {}) => {
    const path = join(emptyFolder(), 'documents.json');
    writeFileSync(path, content);
    return readConfig({ environment: { SANDBOX: 'true', TRUSTED_DOCUMENTS: path, ...more } });
  };

  it('is what the client preset of GraphQL Code Generator writes, and switches GraphiQL off', () => {
    const { exposure } = read(JSON.stringify({ [ID]: DOCUMENT }));
    expect(exposure).toMatchObject({ trustedDocuments: { [ID]: DOCUMENT }, showsGraphiql: false });
  });

  it.each([
    ['not JSON', '{', 'which is not JSON'],
    ['a list', '[]', 'where an object of ids and documents was expected'],
    ['empty', '{}', 'which has no document'],
    ['a document that does not fit the schema', JSON.stringify({ x: '{ user { key } }' }), 'document "x": '],
    [
      'a document over a limit',
      JSON.stringify({ x: `{ ${Array.from({ length: 65 }, (__, n) => `a${n}: __typename`).join(' ')} }` }),
      'document "x": A document may have at most 64 aliases',
    ],
    ['a document that does not parse', JSON.stringify({ x: '{' }), 'document "x": Syntax Error'],
  ])('is refused at the start where it is %s', (_, content, words) => {
    expect(() => read(content)).toThrow(words);
  });

  it('tells of the first five documents that do not fit, and how many more', () => {
    const documents = Object.fromEntries(Array.from({ length: 9 }, (__, n) => [`d${n}`, '{ nobody }']));
    expect(() => read(JSON.stringify(documents))).toThrow('TRUSTED_DOCUMENTS: 4 more of the kind.');
  });

  it('is refused together with GRAPHIQL=true, which sends other documents', () => {
    expect(() => read(JSON.stringify({ [ID]: DOCUMENT }), { GRAPHIQL: 'true' })).toThrow('GRAPHIQL: ');
  });
});
