import { GraphQLError } from 'graphql';
import { MAX_ERRORS, MAX_LOCATIONS, MAX_MESSAGE_LENGTH } from './document-limits.ts';

/** The first few errors, each short, whatever the length of what they complain about. */
export const shortErrors = (errors: readonly GraphQLError[]): GraphQLError[] =>
  errors.slice(0, MAX_ERRORS).map(shortError);

/** The same error with a message that is cut where it repeats long names or values, and few locations. */
export function shortError(error: GraphQLError): GraphQLError {
  const { message, nodes, source, positions, path, originalError, extensions } = error;
  if (message.length <= MAX_MESSAGE_LENGTH && (nodes?.length ?? 0) <= MAX_LOCATIONS) return error;
  const short = message.length <= MAX_MESSAGE_LENGTH ? message : `${message.slice(0, MAX_MESSAGE_LENGTH - 1)}…`;
  return new GraphQLError(short, {
    nodes: nodes?.slice(0, MAX_LOCATIONS) ?? null,
    // Where there are nodes, the positions are theirs.
    ...(!nodes && { source: source ?? null, positions: positions ?? null }),
    path: path ?? null,
    originalError: originalError ?? null,
    extensions,
  });
}
