import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { isTooNested, MAX_JSON_NESTING } from './json-nesting.ts';
import { badRequest } from './over-limit.ts';
import { readJsonBody } from './read-json-body.ts';

export interface RequestLimits {
  /** Bytes of one request body. */
  readonly maxBodyBytes: number;
  /** Operations that one request may hold as a JSON array; 0 for none. */
  readonly maxBatchedOperations: number;
}

const UNSUPPORTED = 415;
const FORM = 'application/x-www-form-urlencoded';
const JSON_PARAMS: ReadonlySet<string> = new Set(['variables', 'extensions']);

/**
 * Refuses bodies that are compressed, of another charset, of an unsupported type, incomplete or too nested, and batches that hold too
 * much. Yoga refuses bodies that are too large while they come in.
 */
export function useRequestLimits({ maxBatchedOperations }: Pick<RequestLimits, 'maxBatchedOperations'>): Plugin {
  return {
    onRequestParse({ request, requestParser, setRequestParser }) {
      const encoding = request.headers.get('content-encoding') ?? 'identity';
      if (encoding !== 'identity') throw compressed();
      if (!requestParser && request.method === 'POST') throw ofNoKnownType();
      const type = request.headers.get('content-type') ?? '';
      if (request.method === 'POST' && !isUtf8(type)) throw ofOtherCharset();
      const parse = request.method === 'POST' && JSON_TYPE.test(type) ? readJsonBody : requestParser;
      if (parse) setRequestParser(async (one) => await parsed(async () => parse(await measured(one))));
      return {
        onRequestParseDone({ requestParserResult }) {
          if (!Array.isArray(requestParserResult)) return;
          const refusal = checkBatch(requestParserResult);
          if (refusal) throw refusal;
        },
      };
    },
    onParams({ params, setParams }) {
      // As Yoga reads it in an address: clients send it for "none".
      if (params.operationName !== '') return;
      const { operationName: _, ...rest } = params;
      setParams(rest);
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

/** As Yoga knows them: the name is in lower case, and a list of types counts by its first. */
const JSON_TYPE = /^application\/(graphql\+)?json *(?=[;,]|$)/;

/** GraphQL over HTTP knows no other charset. ASCII is a part of it. */
function isUtf8(contentType: string): boolean {
  const [, charset = 'utf-8'] = /; *charset *= *"?([^\s";,]*)/i.exec(contentType) ?? [];
  return /^(utf-?8|us-ascii)$/i.test(charset);
}

const ofOtherCharset = () =>
  badRequest('Expected a body in UTF-8, got another charset in "content-type". Send "charset=utf-8", or none.', {
    status: UNSUPPORTED,
  });

const ofNoKnownType = () => badRequest('Expected "content-type: application/json".', { status: UNSUPPORTED });

/** The request for Yoga's parsers, its body read. @throws GraphQLError where the body ends early, or holds JSON that is too nested. */
async function measured(request: Request): Promise<Request> {
  const { method, url, headers } = request;
  const text = method === 'POST' ? await textOf(request) : '';
  const type = headers.get('content-type') ?? '';
  if (method !== 'POST') refuseTooNested(url.slice(url.indexOf('?') + 1));
  else if (type.startsWith(FORM)) refuseTooNested(text);
  else if (JSON_TYPE.test(type) && isTooNested(text)) throw tooNested();
  return { method, url, headers, text: async () => text, json: async () => JSON.parse(text) } as Request;
}

async function textOf(request: Request): Promise<string> {
  try {
    return await request.text();
  } catch (error) {
    // Yoga's, of a body that is too large.
    if (error instanceof GraphQLError) throw error;
    throw badRequest('Expected a whole body, got a part of it. Send the request again.');
  }
}

/** In the form of a query string. */
function refuseTooNested(params: string): void {
  for (const [name, value] of new URLSearchParams(params)) {
    if (JSON_PARAMS.has(name) && isTooNested(value)) throw tooNested();
  }
}

const tooNested = () =>
  badRequest(
    `Expected JSON with at most ${MAX_JSON_NESTING} lists and objects inside each other, got more. Send variables and extensions with fewer levels.`,
  );

/** Yoga's parser of query strings and forms lets the errors of JSON.parse through, which repeat what they could not read. */
async function parsed<Result>(parse: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await parse();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw badRequest('Expected "variables" and "extensions" as JSON.');
  }
}
