import { getIntrospectionQuery } from 'graphql';
import { describe, expect, it } from 'vitest';
import { bearer } from '../../support/callers.ts';
import { gatewayWithSandbox, post } from '../../support/gateway-with-sandbox.ts';
import { productionDefaults } from '../../support/production.ts';

const production = () => gatewayWithSandbox({ gateway: productionDefaults() });
const getOf = (query: string, headers: Record<string, string> = {}) =>
  new Request(`http://gateway.test/graphql?query=${encodeURIComponent(query)}`, { headers });

describe('graphql-cop without a credential reports nothing on the production defaults', () => {
  it('GET method query support: a GET without a header of its own is not answered', async () => {
    const { gateway } = await production();
    const response = await gateway.fetch(getOf('query cop { __typename }'));
    expect(response.status).toBe(403);
    expect(await response.json()).not.toHaveProperty('data');
  });

  it('mutation over GET: there is none to run, and GET runs none', async () => {
    const { gateway } = await production();
    for (const headers of [{}, { 'x-graphql-yoga-csrf': '1' }]) {
      const response = await gateway.fetch(getOf('mutation cop { __typename }', headers));
      expect([403, 405]).toContain(response.status);
      expect(await response.json()).not.toHaveProperty('data');
    }
  });

  it('POST based url-encoded query: a form is not answered', async () => {
    const { gateway } = await production();
    const body = new URLSearchParams({ query: 'query cop { __typename }' });
    const response = await gateway.fetch(new Request('http://gateway.test/graphql', { method: 'POST', body }));
    expect(response.status).toBe(403);
    expect(await response.json()).not.toHaveProperty('data');
  });

  it('field suggestions: a misspelt field suggests nothing', async () => {
    const { query } = await production();
    const answer = await query('query cop { __schema { directive } usr(key: "1") { nam } }');
    expect(answer.errors?.length).toBeGreaterThan(0);
    expect(JSON.stringify(answer)).not.toMatch(/did you mean/i);
  });

  it('introspection: neither the schema nor a type is told', async () => {
    const { query } = await production();
    for (const question of [
      getIntrospectionQuery(),
      '{ __type(name: "User") { name } }',
      '{ __schema { types { name } } }',
    ]) {
      const { data, errors } = await query(question);
      expect(data).toBeUndefined();
      expect(errors?.length).toBeGreaterThan(0);
    }
  });

  it.each(['GraphiQL', 'GraphQL Playground', 'Altair', 'graphql-voyager', '<script'])(
    'IDE exposure: a browser is shown no %s',
    async (name) => {
      const { gateway } = await production();
      for (const path of ['/graphql', '/', '/graphiql', '/playground', '/console']) {
        const page = await gateway.fetch(
          new Request(`http://gateway.test${path}`, { headers: { accept: 'text/html', 'x-graphql-yoga-csrf': '1' } }),
        );
        expect((await page.text()).toLowerCase()).not.toContain(name.toLowerCase());
      }
    },
  );

  it('a browser is shown no page but the one at /', async () => {
    const { gateway } = await production();
    for (const path of ['/graphql', '/graphiql', '/playground', '/console', '/schema.graphql']) {
      const page = await gateway.fetch(new Request(`http://gateway.test${path}`, { headers: { accept: 'text/html' } }));
      expect(await page.text()).not.toMatch(/<html|type Query/);
    }
  });

  it('trace mode: answers hold no tracing', async () => {
    const { gateway } = await production();
    const response = await post(gateway, { query: '{ __typename }' }, { 'apollo-federation-include-trace': 'ftv1' });
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
  });

  it('unhandled errors: what cannot be parsed, or is no query, gives a coded error without an exception', async () => {
    const { gateway } = await production();
    const broken = ['queryy cop { __typename }', 'query { ', '', '{ __typename @abc }'];
    for (const query of broken) {
      const text = await (await post(gateway, { query })).text();
      const { errors } = JSON.parse(text);
      expect(errors[0].extensions.code).toMatch(/^(GRAPHQL_(PARSE|VALIDATION)_FAILED|BAD_REQUEST|BAD_USER_INPUT)$/);
      expect(text).not.toMatch(/exception|stacktrace|node_modules| {4}at /i);
    }
  });
});

describe('graphql-cop with a Bearer token, which no page of another site can add, reports', () => {
  it('GET method query support: a GET is answered', async () => {
    const { gateway } = await production();
    const response = await gateway.fetch(getOf('query cop { __typename }', bearer('any')));
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
  });

  it('POST based url-encoded query: a form is answered', async () => {
    const { gateway } = await production();
    const body = new URLSearchParams({ query: 'query cop { __typename }' });
    const response = await gateway.fetch(
      new Request('http://gateway.test/graphql', { method: 'POST', body, headers: bearer('any') }),
    );
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
  });

  it('no mutation over GET', async () => {
    const { gateway } = await production();
    const response = await gateway.fetch(getOf('mutation cop { __typename }', bearer('any')));
    expect(response.status).toBe(405);
    expect(await response.json()).not.toHaveProperty('data');
  });
});
