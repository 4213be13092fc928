import type { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { badRequest } from './over-limit.ts';

export interface RequestLimits {
  /** Bytes of one request body. */
  readonly maxBodyBytes: number;
  /** Operations that one request may hold as a JSON array; 0 for none. */
  readonly maxBatchedOperations: number;
}

const UNSUPPORTED = 415;

/** Refuses bodies that are compressed or of a type that nobody reads, and batches that hold too much. Bodies that are too large Yoga refuses while they come in. */
export function useRequestLimits({ maxBatchedOperations }: Pick<RequestLimits, 'maxBatchedOperations'>): Plugin {
  return {
    onRequestParse({ request, requestParser, setRequestParser }) {
      const encoding = request.headers.get('content-encoding') ?? 'identity';
      if (encoding !== 'identity') throw compressed();
      if (!requestParser && request.method === 'POST') throw ofNoKnownType();
      if (requestParser) setRequestParser(async (one) => await parsed(() => requestParser(one)));
      return {
        onRequestParseDone({ requestParserResult }) {
          if (!Array.isArray(requestParserResult)) return;
          const refusal = checkBatch(requestParserResult);
          if (refusal) throw refusal;
        },
      };
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
}

const compressed = () =>
  badRequest('Expected a body that is not compressed. Send it without content-encoding.', {
    status: UNSUPPORTED,
    headers: { 'accept-encoding': 'identity' },
  });

const ofNoKnownType = () => badRequest('Expected "content-type: application/json".', { status: UNSUPPORTED });

/** Yoga's parser of query strings and forms lets the errors of JSON.parse through, which repeat what they could not read. */
async function parsed<Result>(parse: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await parse();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw badRequest('Expected "variables" and "extensions" as JSON.');
  }
}
