import { describe, expect, it } from 'vitest';
import { repeat, send } from '../../support/documents.ts';
import { codesByPath, gatewayWithSandbox, post } from '../../support/gateway-with-sandbox.ts';
import { productionDefaults } from '../../support/production.ts';

/** The checks of https://github.com/dolevf/graphql-cop that a server passes by having limits, with its own queries. */
describe('the queries with which graphql-cop tests limits are refused on the production defaults', () => {
  it('Alias Overloading: 101 aliases are not answered', async () => {
    const { answer } = await send(
      await gatewayWithSandbox({ gateway: productionDefaults() }),
      `query cop { ${repeat(101, (n) => `alias${n}:__typename`)} }`,
    );
    expect(answer.data).toBeUndefined();
    expect(codesByPath(answer)).toEqual(['(request): BAD_USER_INPUT']);
  });

  it('Array-based Query Batching: ten queries in one request are not answered', async () => {
    const { gateway } = await gatewayWithSandbox({ gateway: productionDefaults() });
    const query = { query: 'query cop { __typename }', operationName: 'cop' };
    const response = await post(
      gateway,
      Array.from({ length: 10 }, () => query),
    );
    expect(response.status).toBe(400);
    expect(codesByPath(await response.json())).toEqual(['(request): BAD_USER_INPUT']);
  });

  it('Directive Overloading: ten directives do not make ten errors', async () => {
    const { answer } = await send(
      await gatewayWithSandbox({ gateway: productionDefaults() }),
      `query cop { __typename ${'@aa'.repeat(10)} }`,
    );
    expect(codesByPath(answer)).toEqual(['(request): BAD_USER_INPUT']);
  });

  it('Introspection-based Circular Query: types of fields of types are not followed', async () => {
    const query =
      'query cop { __schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } } }';
    const { answer } = await send(
      await gatewayWithSandbox({ gateway: { ...productionDefaults(), introspection: true } }),
      query,
    );
    expect(answer.data).toBeUndefined();
    expect(answer.errors).toHaveLength(1);
  });

  it('Field Duplication: the same field 500 times is not answered', async () => {
    const { answer } = await send(
      await gatewayWithSandbox({ gateway: productionDefaults() }),
      `query cop { ${repeat(500, () => '__typename\n')} }`,
    );
    expect(answer.data).toBeUndefined();
    expect(codesByPath(answer)).toEqual(['(request): BAD_USER_INPUT']);
  });
});
