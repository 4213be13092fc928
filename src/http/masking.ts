import { GraphQLError } from 'graphql';
import { type ErrorCode, failures, GatewayError } from '../errors.ts';

const INTERNAL: ErrorCode = 'INTERNAL_SERVER_ERROR';

/**
 * The one place that decides what of an error a client may see: our own coded errors and graphql-js' about the request
 * itself. Anything else is a fault of the gateway: its cause is logged, and the client learns its path only,
 * also with NODE_ENV=development.
 */
export function maskError(error: unknown): Error {
  if (error instanceof GraphQLError && isMeantForClients(error)) return error;
  if (error instanceof GatewayError && error.code !== INTERNAL)
    return new GraphQLError(error.message, { extensions: error.extensions });
  const { nodes, path } = error instanceof GraphQLError ? error : { nodes: undefined, path: undefined };
  return new GraphQLError('The gateway failed inside. Its operator finds the cause in the log.', {
    nodes: nodes ?? null,
    path: path ?? null,
    extensions: { code: INTERNAL, http: { status: failures[INTERNAL].httpStatus, spec: true } },
  });
}

function isMeantForClients({ originalError }: GraphQLError): boolean {
  if (originalError === undefined || originalError === null) return true;
  if (originalError instanceof GraphQLError) return isMeantForClients(originalError);
  return originalError instanceof GatewayError && originalError.code !== INTERNAL;
}

/** The stack of what really went wrong. A GraphQLError itself holds the whole query, which names people. */
export function stackOf(error: unknown): string {
  if (error instanceof GraphQLError && error.originalError) return stackOf(error.originalError);
  if (error instanceof GatewayError && error.cause !== undefined) return stackOf(error.cause);
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
