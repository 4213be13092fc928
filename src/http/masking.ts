import { GraphQLError } from 'graphql';
import { type ErrorCode, failures, GatewayError } from '../errors.ts';

const INTERNAL: ErrorCode = 'INTERNAL_SERVER_ERROR';

/**
 * The one place that decides what of an error a client may see: our own coded errors and graphql-js' about the request
 * itself. Anything else is a fault of the gateway: its cause is logged, and the client learns its path only,
 * also with NODE_ENV=development.
 */
export function maskError(error: unknown): Error {
  const own = ownErrorIn(error);
  // The path tells where; a location in the query for each of a thousand list items would only repeat itself.
  if (own) return new GraphQLError(own.message, { path: pathOf(error), extensions: own.extensions });
  if (error instanceof GraphQLError && isMeantForClients(error)) return error;
  return new GraphQLError('The gateway failed inside. Its operator finds the cause in the log.', {
    nodes: error instanceof GraphQLError ? (error.nodes ?? null) : null,
    path: pathOf(error),
    extensions: { code: INTERNAL, http: { status: failures[INTERNAL].httpStatus, spec: true } },
  });
}

/** True for a fault of the gateway itself, which belongs in the log. */
export const isFault = (error: unknown): boolean =>
  !ownErrorIn(error) && !(error instanceof GraphQLError && isMeantForClients(error));

const pathOf = (error: unknown) => (error instanceof GraphQLError ? (error.path ?? null) : null);

/** Our own coded error, however deep graphql-js has wrapped it. */
function ownErrorIn(error: unknown): GatewayError | undefined {
  if (error instanceof GraphQLError) return ownErrorIn(error.originalError);
  return error instanceof GatewayError && error.code !== INTERNAL ? error : undefined;
}

function isMeantForClients({ originalError }: GraphQLError): boolean {
  if (originalError === undefined || originalError === null) return true;
  return originalError instanceof GraphQLError && isMeantForClients(originalError);
}

/** What really went wrong. A GraphQLError, or our own, only wraps it. */
export function originOf(error: unknown): unknown {
  if (error instanceof GraphQLError && error.originalError) return originOf(error.originalError);
  return error instanceof GatewayError && error.cause !== undefined ? originOf(error.cause) : error;
}
