import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { type ErrorCode, failures, GatewayError } from '../errors.ts';
import { isAsyncIterable } from './yoga-library.ts';

const INTERNAL: ErrorCode = 'INTERNAL_SERVER_ERROR';
const UNCODED: ErrorCode = 'BAD_USER_INPUT';

/**
 * The one place that decides what of an error a client may see: our own coded errors and graphql-js' about the request
 * itself. Anything else is a fault of the gateway: its cause is logged, and the client learns its path only,
 * also with NODE_ENV=development.
 */
export function maskError(error: unknown): Error {
  const own = ownErrorIn(error);
  // The path is enough: the location in the query would be the same for each of a thousand list items.
  if (own) return new GraphQLError(own.message, { path: pathOf(error), extensions: own.extensions });
  if (error instanceof GraphQLError && isMeantForClients(error)) return withCode(error);
  return new GraphQLError('The gateway failed inside. Its operator finds the cause in the log.', {
    nodes: error instanceof GraphQLError ? (error.nodes ?? null) : null,
    path: pathOf(error),
    extensions: { code: INTERNAL, http: { status: failures[INTERNAL].httpStatus, spec: true } },
  });
}

/**
 * graphql-js gives none to errors of execution: an argument of a directive or a field whose variable is null, say.
 * All that is left to it of an operation depends on the request.
 */
function withCode(error: GraphQLError): GraphQLError {
  if (typeof error.extensions.code === 'string') return error;
  const { message, nodes, source, positions, path, originalError, extensions } = error;
  return new GraphQLError(message, {
    nodes: nodes ?? null,
    ...(!nodes && { source: source ?? null, positions: positions ?? null }),
    path: path ?? null,
    originalError: originalError ?? null,
    extensions: { ...extensions, code: UNCODED },
  });
}

/** True for a fault of the gateway itself, which belongs in the log. */
export const isFault = (error: unknown): boolean =>
  !ownErrorIn(error) && !(error instanceof GraphQLError && isMeantForClients(error));

const pathOf = (error: unknown) => (error instanceof GraphQLError ? (error.path ?? null) : null);

/** Our own coded error, however deep graphql-js has wrapped it. */
export function ownErrorIn(error: unknown): GatewayError | undefined {
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

/**
 * Lists errors in the order of their places in the data, as the fast path does: the executor lists them as they come, which depends on
 * which lookup ends first.
 */
export function useErrorOrder(): Plugin {
  return {
    onExecute: () => ({
      onExecuteDone({ result, setResult }) {
        if (isAsyncIterable(result) || !result.errors || result.errors.length < 2) return;
        setResult({ ...result, errors: inOrder(result.errors, result.data) });
      },
    }),
  };
}

function inOrder(errors: readonly GraphQLError[], data: unknown): GraphQLError[] {
  const places = new Map(errors.map((error) => [error, placeOf(error, data)]));
  return errors.toSorted((one, other) => compare(places.get(one) ?? [], places.get(other) ?? []));
}

/** The path as numbers: which item of a list, which field of an object. It ends where the data does, at what is null. */
function placeOf({ path = [] }: GraphQLError, data: unknown): number[] {
  const place: number[] = [];
  let value = data;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) break;
    place.push(typeof step === 'number' ? step : Object.keys(value).indexOf(step));
    value = (value as Readonly<Record<string | number, unknown>>)[step];
  }
  return place;
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (let depth = 0; depth < Math.min(one.length, other.length); depth++) {
    const difference = (one[depth] ?? 0) - (other[depth] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
