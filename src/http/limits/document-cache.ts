import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/** What all documents together may come to, in characters of their texts. */
const MAX_CHARACTERS = 200_000;
/** However short a document is, so many characters are counted for it beside its own: it takes some 3 KB. */
const CHARACTERS_OF_AN_ENTRY = 100;
const MAX_DOCUMENTS = 1_000;

export type DocumentCache = LRUCache<string, DocumentNode>;

/** Documents by their text. Parsed, one takes 110 to 180 bytes for each character: 36 MB at worst. */
export const createDocumentCache = (): DocumentCache =>
  new LRUCache<string, DocumentNode>({
    max: MAX_DOCUMENTS,
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (_, text) => text.length + CHARACTERS_OF_AN_ENTRY,
  });
