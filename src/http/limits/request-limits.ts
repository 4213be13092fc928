import { type ExecutionResult, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { badRequest, type RefusalHttp } from '../refusal.ts';
import { isAsyncIterable } from '../yoga-library.ts';

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

/** What Yoga's parsers of bodies do, which take a byte order mark for a mistake. RFC 8259, 8.1, lets a parser ignore it. */
async function readJsonBody(request: Request): Promise<object> {
  const value = await jsonOf(request);
  if (typeof value === 'object' && value !== null) return value;
  throw expectedObject(value === null ? 'null' : `a ${typeof value}`);
}

async function jsonOf(request: Request): Promise<unknown> {
  try {
    return JSON.parse((await request.text()).replace(/^\ufeff/, ''));
  } catch (error) {
    // A body that is too large.
    if (error instanceof GraphQLError) throw error;
    throw expectedObject('what is no JSON');
  }
}

const expectedObject = (got: string) =>
  badRequest(`Expected a JSON object in UTF-8 as body, got ${got}. Send {"query": "…"}.`);

/**
 * Lists and objects inside each other in the JSON of a request. Those of this schema have at most six: a batch, its operation, its
 * variables, a list of representations, a representation, its key. 1 MiB of brackets takes 70 ms to parse.
 */
const MAX_JSON_NESTING = 64;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** @param text JSON, or what shall be it: what `JSON.parse` reads before it finds a mistake is measured as it reads it. */
export function isTooNested(text: string): boolean {
  return hasManyOpening(text) && exceedsNesting(text);
}

/** Most texts have few brackets in all, which `indexOf` finds faster than a loop. */
function hasManyOpening(text: string): boolean {
  let count = 0;
  for (const bracket of ['[', '{']) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      if (++count > MAX_JSON_NESTING) return true;
    }
  }
  return false;
}

function exceedsNesting(text: string): boolean {
  let open = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === OPEN_LIST || code === OPEN_OBJECT) {
      if (++open > MAX_JSON_NESTING) return true;
    } else if (code === CLOSE_LIST || code === CLOSE_OBJECT) open--;
  }
  return false;
}

/** @returns where the quote is that ends the string, or the end of the text. */
function endOfString(text: string, begin: number): number {
  for (let at = begin + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return text.length;
}

/** Gives one of our codes to what Yoga itself refuses: before the log counts codes, so that log and client have the same. */
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
