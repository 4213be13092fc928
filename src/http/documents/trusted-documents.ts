import { GraphQLError, type GraphQLSchema, validate } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { GatewayError } from '../../errors.ts';
import { parseWithinLimits } from '../limits/document-limits.ts';
import { refusalError } from '../refusal.ts';
import { usePersistedOperations } from '../yoga-library.ts';

/** Where the id of a document is in a request, beside Apollo's `extensions.persistedQuery.sha256Hash`. */
export const DOCUMENT_ID = 'documentId';

const refused = (code: 'FORBIDDEN' | 'BAD_USER_INPUT', message: string) => () =>
  refusalError(new GatewayError(code, message));

/** Executes the listed documents only: a request names one by its id. No other text is parsed. */
export function useTrustedDocuments(documents: TrustedDocuments): Plugin {
  const find = createTrustedSearch(documents);
  return usePersistedOperations({
    getPersistedOperation: (id) => find(id) ?? null,
    extractPersistedOperationId: idOf,
    customErrors: {
      persistedQueryOnly: refused(
        'FORBIDDEN',
        `This gateway runs trusted documents only: expected the id of one in "${DOCUMENT_ID}", got a query.`,
      ),
      keyNotFound: refused(
        'BAD_USER_INPUT',
        `This gateway runs trusted documents only: expected the id of one in "${DOCUMENT_ID}", got none.`,
      ),
      notFound: refused(
        'BAD_USER_INPUT',
        'No trusted document has this id. Publish the documents of this client to the gateway first.',
      ),
    },
  }) as Plugin;
}

/**
 * Answers a persisted query that comes without its text, where no documents are listed. The message is the one that Apollo Client
 * and urql wait for before they send the text.
 * https://www.apollographql.com/docs/graphos/reference/apq
 */
export function usePersistedQueryFallback(): Plugin {
  return {
    onParams({ params }) {
      if (params?.query != null || !persistedQueryIn(params ?? {})) return;
      throw refusalError(new GatewayError('PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported'));
    },
  };
}

/** @returns finds the text of a document by its id; `undefined` where it is not listed. */
export function createTrustedSearch(documents: TrustedDocuments): (id: string) => string | undefined {
  const listed = Object.entries(documents);
  // A file can hold ids with the name of their hash or without, and clients send them with it or without. As it is listed goes first.
  const byId = new Map([...listed.map(([id, text]) => [withoutHashName(id), text] as const), ...listed]);
  return (id) => byId.get(id) ?? byId.get(withoutHashName(id));
}

const withoutHashName = (id: string): string => id.replace(/^sha256:/, '');

function idOf(params: { readonly extensions?: unknown }, request: Request): string | null {
  const inAddress = () => (request.method === 'GET' ? new URL(request.url).searchParams.get(DOCUMENT_ID) : null);
  return idIn(params) ?? inAddress();
}

/** `documentId` as in the appendix of GraphQL over HTTP, with or without the name of its hash; or Apollo's form. */
export function idIn(params: { readonly extensions?: unknown }): string | null {
  const { [DOCUMENT_ID]: id } = params as Record<string, unknown>;
  if (typeof id === 'string') return id;
  const hash = persistedQueryIn(params)?.sha256Hash;
  return typeof hash === 'string' ? hash : null;
}

const persistedQueryIn = ({ extensions }: { readonly extensions?: unknown }) =>
  ((extensions ?? {}) as { persistedQuery?: { sha256Hash?: unknown } | null }).persistedQuery;

/** GraphQL documents by their ids, as the client preset of GraphQL Code Generator writes them: hash → document. */
export type TrustedDocuments = Readonly<Record<string, string>>;

/** @returns a sentence for each document that this schema cannot run; empty where all is well. */
export function mistakesIn(documents: TrustedDocuments, schema: GraphQLSchema): string[] {
  return Object.entries(documents).flatMap(([id, text]) =>
    errorsOf(text, schema).map(({ message }) => `document ${JSON.stringify(id.slice(0, 64))}: ${message}`),
  );
}

function errorsOf(text: string, schema: GraphQLSchema): readonly GraphQLError[] {
  try {
    return validate(schema, parseWithinLimits(text));
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
}
