import type { ExecutionResult, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { isAsyncIterable } from '../yoga-library.ts';
import { badRequest, type RefusalHttp } from './over-limit.ts';

/** Gives a code of ours to what Yoga itself refuses of a request: before anybody counts codes, so that log and client have the same. */
export function useOwnCodes({ maxBodyBytes }: { readonly maxBodyBytes: number }): Plugin {
  return {
    onResultProcess({ result, setResult }) {
      if (isAsyncIterable(result)) return;
      setResult(Array.isArray(result) ? result.map(withOwnCodes) : withOwnCodes(result));
    },
  };

  function withOwnCodes<Result extends ExecutionResult>(result: Result): Result {
    if (!result.errors?.some(isOfYoga)) return result;
    return { ...result, errors: result.errors.map((error) => (isOfYoga(error) ? ownRefusal(error) : error)) };
  }

  function ownRefusal({ message, extensions }: GraphQLError): GraphQLError {
    if (extensions.code === 'REQUEST_ENTITY_TOO_LARGE') return tooLarge(maxBodyBytes);
    // Its extensions can hold the whole body. Not about the document, so that every client gets the status.
    return badRequest(message, { ...(extensions.http as RefusalHttp), spec: false });
  }
}

const isOfYoga = ({ extensions }: GraphQLError): boolean =>
  extensions?.code === 'BAD_REQUEST' || extensions?.code === 'REQUEST_ENTITY_TOO_LARGE';

const tooLarge = (maxBodyBytes: number) =>
  badRequest(
    `The body of a request may have at most ${maxBodyBytes} bytes; this one has more. Split the operation.`,
    // What is still to come is not read, so the connection is of no further use.
    { status: 413, headers: { connection: 'close' } },
  );
