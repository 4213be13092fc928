import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  specifiedRules,
  validate,
} from 'graphql';
import type { DocumentCache } from './limits/document-cache.ts';
import { KnownOperationTypesRule, parseWithinLimits } from './limits/document-limits.ts';

export interface DocumentValidationOptions {
  readonly schema: GraphQLSchema;
  /** Valid documents of both paths. */
  readonly documents: DocumentCache;
  /** False where introspection is invalid. */
  readonly showsSchema: boolean;
}

/**
 * Parses and validates documents for the fast path, by the limits and rules of Yoga's path, and caches those that are valid.
 * @returns finds a document by its text: `undefined` for one that is over a limit, or not valid. Yoga has to say why.
 */
export function createDocumentValidation({ schema, documents, showsSchema }: DocumentValidationOptions) {
  const rules = [...specifiedRules, KnownOperationTypesRule, ...(showsSchema ? [] : [NoSchemaIntrospectionCustomRule])];

  return function findDocument(text: string): DocumentNode | undefined {
    const known = documents.get(text);
    if (known) return known;
    // A copy: a text that was cut out of a body would keep all of that body in memory.
    const own = structuredClone(text);
    try {
      const document = parseWithinLimits(own);
      if (validate(schema, document, rules, { maxErrors: 1 }).length > 0) return undefined;
      documents.set(own, document);
      return document;
    } catch (error) {
      if (error instanceof GraphQLError) return undefined;
      throw error;
    }
  };
}
