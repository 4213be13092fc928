import type { ExecutionResult, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { isAsyncIterable } from '../yoga-library.ts';
import { badRequest, type RefusalHttp } from './over-limit.ts';

export interface RequestLimits {
  /** Bytes of one request body. */
  readonly maxBodyBytes: number;
  /** Operations that one request may hold as a JSON array; 0 for none. */
  readonly maxBatchedOperations: number;
}

const TOO_LARGE = 413;
const UNSUPPORTED = 415;

/**
 * Refuses bodies that are compressed, and batches that hold too much; and gives a code of ours to what Yoga itself refuses of a
 * request, bodies that are too large among it. Yoga counts those while they come in, and reads no further.
 */
export function useRequestLimits({ maxBodyBytes, maxBatchedOperations }: RequestLimits): Plugin {
  return {
    onRequestParse({ request, requestParser, setRequestParser }) {
      const encoding = request.headers.get('content-encoding') ?? 'identity';
      if (encoding !== 'identity') throw compressed();
      if (requestParser) setRequestParser(async (one) => await parsed(() => requestParser(one)));
      return {
        onRequestParseDone({ requestParserResult }) {
          if (!Array.isArray(requestParserResult)) return;
          const refusal = checkBatch(requestParserResult);
          if (refusal) throw refusal;
        },
      };
    },
    onResultProcess({ result, setResult }) {
      if (isAsyncIterable(result)) return;
      setResult(Array.isArray(result) ? result.map(withOwnCodes) : withOwnCodes(result));
    },
  };

  function checkBatch(batch: readonly unknown[]): GraphQLError | undefined {
    const operations = batch.length;
    if (operations <= maxBatchedOperations) {
      const areObjects = batch.every((one) => typeof one === 'object' && one !== null && !Array.isArray(one));
      return areObjects ? undefined : badRequest('Expected each item of the list to be an operation, an object.');
    }
    if (maxBatchedOperations === 0) {
      return badRequest('A request may hold one operation, not a list of them. Send each in a request of its own.');
    }
    return badRequest(
      `A request may hold at most ${maxBatchedOperations} operations; this one holds ${operations}. Split it.`,
    );
  }

  function withOwnCodes<Result extends ExecutionResult>(result: Result): Result {
    if (!result.errors?.some(isOfYoga)) return result;
    return { ...result, errors: result.errors.map((error) => (isOfYoga(error) ? ownRefusal(error) : error)) };
  }

  function ownRefusal({ message, extensions }: GraphQLError): GraphQLError {
    if (extensions.code !== 'REQUEST_ENTITY_TOO_LARGE') {
      // Its extensions can hold the whole body. Not about the document, so that every client gets the status.
      return badRequest(message, { ...(extensions.http as RefusalHttp), spec: false });
    }
    return badRequest(
      `The body of a request may have at most ${maxBodyBytes} bytes; this one has more. Split the operation.`,
      // What is still to come is not read, so the connection is of no further use.
      { status: TOO_LARGE, headers: { connection: 'close' } },
    );
  }
}

const isOfYoga = ({ extensions }: GraphQLError): boolean =>
  extensions?.code === 'BAD_REQUEST' || extensions?.code === 'REQUEST_ENTITY_TOO_LARGE';

const compressed = () =>
  badRequest('Expected a body that is not compressed. Send it without content-encoding.', {
    status: UNSUPPORTED,
    headers: { 'accept-encoding': 'identity' },
  });

/** Yoga's parser of query strings and forms lets the errors of JSON.parse through, which repeat what they could not read. */
async function parsed<Result>(parse: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await parse();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw badRequest('Expected "variables" and "extensions" as JSON.', { spec: true });
  }
}
