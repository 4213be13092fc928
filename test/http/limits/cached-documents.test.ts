import { validate } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import { describe, expect, it } from 'vitest';
import { createDocumentCache, useDocumentCache } from '../../../src/http/limits/document-cache.ts';
import { createSchema } from '../../../src/schema/schema.ts';
import { collectGarbage } from '../../support/garbage.ts';
import { gatewayWithSandbox } from '../../support/gateway-with-sandbox.ts';

const URL_ENCODED = 'application/x-www-form-urlencoded';

/** A server with only this cache. `kept` are the texts in it; `validated` counts documents whose validation was not spared. */
function cachingServer() {
  const cache = createDocumentCache();
  let validated = 0;
  const counting: Plugin = {
    onValidate({ setValidationFn }) {
      setValidationFn((schema, document, rules, options) => {
        validated++;
        return validate(schema, document, rules, options);
      });
    },
  };
  const { fetch } = createYoga({
    schema: createSchema(),
    parserAndValidationCache: false,
    logging: false,
    plugins: [counting, useDocumentCache(cache)],
  });
  return {
    ask: async (body: string, type = 'application/graphql') =>
      (await fetch('http://gateway.test/graphql', { method: 'POST', headers: { 'content-type': type }, body })).json(),
    kept: () => [...cache.keys()],
    validated: () => validated,
  };
}

/** Bytes, without what could be collected. */
function heapInUse(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe('a document', () => {
  it('that is valid is kept, and validated once', async () => {
    const { ask, kept, validated } = cachingServer();
    for (let asked = 0; asked < 3; asked++) {
      expect(await ask('{ __typename }')).toEqual({ data: { __typename: 'Query' } });
    }
    expect(kept()).toEqual(['{ __typename }']);
    expect(validated()).toBe(1);
  });

  it.each(['{abc}', '{', '{ user(key: 1.5) { key } }'])('that is not is never kept: %s', async (document) => {
    const { ask, kept } = cachingServer();
    for (let asked = 0; asked < 3; asked++) expect(await ask(document)).toHaveProperty('errors');
    expect(kept()).toEqual([]);
  });

  it('is kept without the rest of the body that it came in', async () => {
    const { ask, kept } = cachingServer();
    const ofMegabytes = (name: number) => `query={alias${name}OfSome:__typename}&extensions={"x":"${'x'.repeat(1e6)}"}`;
    await ask(ofMegabytes(0), URL_ENCODED);
    const before = heapInUse();
    for (let name = 1; name <= 50; name++) await ask(ofMegabytes(name), URL_ENCODED);
    expect(kept()).toHaveLength(51);
    expect(heapInUse() - before).toBeLessThan(10e6);
  });
});

describe('the cache of a gateway', () => {
  it('answers the same the second time, be it data or errors', async () => {
    const { query } = await gatewayWithSandbox();
    for (const document of ['{ __typename }', '{ nobody }', '{', '{ user(key: "") { key } }']) {
      const first = await query(document);
      expect(await query(document)).toEqual(first);
    }
  });
});
