import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createDocumentCache } from '../../../src/http/limits/document-cache.ts';

describe('the cache of documents', () => {
  const document = parse('{ __typename }');

  it('keeps 200,000 characters, the latest used', () => {
    const { documentCache } = createDocumentCache();
    const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(100_000));
    for (const text of texts) documentCache.set(text, document);
    expect(texts.map((text) => documentCache.get(text) !== undefined)).toEqual([false, true, true]);
  });

  it('does not keep what does not parse', () => {
    const { errorCache } = createDocumentCache();
    errorCache.set();
    expect(errorCache.get()).toBeUndefined();
  });
});
