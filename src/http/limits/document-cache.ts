import { type DocumentNode, Source } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';

/**
 * Keeps documents that are valid, so that the next request with the same one is neither parsed nor measured nor validated. Yoga's
 * own cache also keeps what is not valid, with its errors: 64 KB for each five characters of an attacker.
 *
 * All documents of a gateway are validated with the same schema and rules, so one that is kept is valid for good.
 */
export function useDocumentCache(kept: DocumentCache): Plugin {
  const texts = new WeakMap<DocumentNode, string>();

  return {
    onParams({ params, setParams }) {
      const { query } = params;
      if (typeof query === 'string') setParams({ ...params, query: ownText(query) });
    },
    onParse({ params, setParsedDocument }) {
      const text = textOf(params.source);
      const known = kept.get(text);
      if (known) {
        texts.set(known, text);
        return setParsedDocument(known);
      }
      return ({ result }) => {
        if (result && !(result instanceof Error)) texts.set(result, text);
      };
    },
    onValidate({ params: { documentAST }, setResult }) {
      const text = texts.get(documentAST);
      if (text === undefined) return undefined;
      if (kept.peek(text) === documentAST) return setResult([]);
      return ({ valid }) => {
        if (valid) kept.set(text, documentAST);
      };
    },
  };

  /**
   * The text of a document that is kept, or a copy. One that was cut out of a body would keep all of that body in memory, which
   * may hold a megabyte of variables: in the tokens of the document, and in a map that envelop has of its own.
   */
  function ownText(query: string): string {
    const known = kept.peek(query);
    return (known && texts.get(known)) ?? structuredClone(query);
  }
}

const textOf = (source: string | Source): string => (source instanceof Source ? source.body : source);

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
