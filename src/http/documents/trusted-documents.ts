import { GraphQLError, type GraphQLSchema, validate } from 'graphql';
import { parseWithinLimits } from '../limits/parse-within-limits.ts';

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
