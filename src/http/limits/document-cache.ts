import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/** Characters of all documents that are kept. Parsed, a dense one takes some 400 bytes for each: 80 MB at worst. */
const MAX_CHARACTERS = 200_000;

/**
 * What Yoga keeps of documents, so that the next request with the same one is neither parsed nor measured nor validated. Yoga's
 * own keeps 1,024 texts of any length, also those that do not parse: strangers could fill the memory with them.
 */
export const createDocumentCache = () => ({
  documentCache: new LRUCache<string, DocumentNode>({
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (_, text) => Math.max(1, text.length),
  }),
  // What does not parse is found out quickly enough each time.
  errorCache: { get: () => undefined, set: () => {} },
});
