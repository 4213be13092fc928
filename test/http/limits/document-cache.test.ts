import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createDocumentCache } from '../../../src/http/limits/document-cache.ts';

const document = parse('{ __typename }');

/** How many documents are kept of so many that have texts of this length. */
function keptOf(documents: number, length: number): number {
  const kept = createDocumentCache();
  for (let index = 0; index < documents; index++) kept.set(String(index).padEnd(length, '#'), document);
  return kept.size;
}

describe('the cache of documents', () => {
  it('keeps 200,000 characters, a hundred more counted for each document', () => {
    expect(keptOf(3, 99_900)).toBe(2);
    expect(keptOf(3, 99_901)).toBe(1);
    expect(keptOf(500, 400)).toBe(400);
  });

  it('keeps a thousand documents at most, however short', () => {
    expect(keptOf(2_000, 5)).toBe(1_000);
  });

  it('keeps the latest used', () => {
    const kept = createDocumentCache();
    const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(99_900));
    for (const text of texts) kept.set(text, document);
    expect(texts.map((text) => kept.has(text))).toEqual([false, true, true]);
  });
});
