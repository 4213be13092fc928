import { type RequestListener, type ServerResponse, STATUS_CODES } from 'node:http';
import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { type ErrorCode, failures, GatewayError } from '../errors.ts';
import { SECURITY_HEADERS } from './response-headers.ts';

/** What serves requests: in Node, and in any runtime with the Fetch API. */
export interface HttpHandler {
  fetch(request: Request): Promise<Response>;
  readonly requestListener: RequestListener;
}

/** A request that is refused before it gets to Yoga, for the log: without any text of the client's. */
export interface EarlyRefusal {
  readonly method: string | undefined;
  readonly status: number;
  readonly code: ErrorCode;
}

/**
 * A request that is refused as a whole, before GraphQL. Its content type is what the client accepts: Apollo Client reads code and
 * message of an error status in `application/graphql-response+json` only.
 */
export class RefusalResponse extends Response {
  /** For the log. */
  readonly refusal: GatewayError;

  constructor(refusal: GatewayError, headers: Readonly<Record<string, string>>, status: number) {
    super(bodyOf(refusal), {
      status,
      // Yoga's server writes this, also if it is empty.
      statusText: STATUS_CODES[status] ?? '',
      headers: { ...headersOf(refusal, null), ...headers },
    });
    this.refusal = refusal;
  }

  /** Negotiates the content type. `useRefusalTypes` does so for every refusal of a plugin. */
  inTypeFor({ headers }: Pick<Request, 'headers'>): this {
    this.headers.set('content-type', refusalTypeFor(headers.get('accept')));
    return this;
  }
}

/**
 * A request that is refused as a whole, before GraphQL: one coded error.
 * @param status a more exact one of HTTP. @default that of its row in the failure table
 */
export const refusalResponse = (
  error: GatewayError,
  headers: Readonly<Record<string, string>> = {},
  status = failures[error.code].httpStatus,
): RefusalResponse => new RefusalResponse(error, headers, status);

/** The same on a Node server, before Yoga. Its connection is of no further use. @param status as above. */
export function sendRefusal(
  response: ServerResponse,
  error: GatewayError,
  status = failures[error.code].httpStatus,
  headers: Readonly<Record<string, string>> = {},
): void {
  const { accept = null } = response.req.headers;
  const body = bodyOf(error);
  const length = Buffer.byteLength(body);
  response.writeHead(status, {
    ...headersOf(error, accept),
    ...headers,
    'content-length': length,
    connection: 'close',
  });
  response.end(body);
}

/** The same as bytes, for a connection on which Node could read no request. */
export function refusalText(error: GatewayError, status: number): string {
  const body = bodyOf(error);
  const length = String(Buffer.byteLength(body));
  const headers = {
    date: new Date().toUTCString(),
    ...headersOf(error, null),
    'content-length': length,
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`;
}

export interface RefusalHttp {
  /** @default that of its row in the failure table */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Clients that accept only `application/json` get a 200, as GraphQL over HTTP wants for what is wrong with a document. @default false */
  readonly spec?: boolean;
}

/** The same where Yoga makes the response: to be thrown, or to be the result. */
export function refusalError(error: GatewayError, http: RefusalHttp = {}): GraphQLError {
  const { code, message, extensions } = error;
  return new GraphQLError(message, {
    extensions: { ...extensions, http: { status: failures[code].httpStatus, headers: retryAfterOf(error), ...http } },
  });
}

/** The same for a request that is wrong. */
export const badRequest = (message: string, http: RefusalHttp = {}): GraphQLError =>
  refusalError(new GatewayError('BAD_USER_INPUT', message), http);

const bodyOf = ({ message, extensions }: GatewayError) => JSON.stringify({ errors: [{ message, extensions }] });

/** All of them: no plugin of Yoga adds any to what is refused before it. */
const headersOf = (error: GatewayError, accept: string | null) => ({
  'content-type': refusalTypeFor(accept),
  ...SECURITY_HEADERS,
  ...retryAfterOf(error),
});

/** Also where the client accepts neither: RFC 9110, 12.5.1, leaves that to the server, and an error is better than none. */
const refusalTypeFor = (accept: string | null) => contentTypeFor(accept) ?? JSON_UTF8;

/** In whole seconds, and at least one: a retry at once would fail again. */
const retryAfterOf = ({ retryAfterMs }: GatewayError): Record<string, string> =>
  retryAfterMs === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) };

/** Media types of a GraphQL response. The first answers a wildcard: not every client knows the second. */
const RESPONSES = ['application/json', 'application/graphql-response+json'] as const;

const JSON_UTF8 = 'application/json; charset=utf-8';

/** Yoga also responds with a stream of one event or part, where a client accepts nothing else. */
const WITH_STREAMS = [...RESPONSES, 'text/event-stream', 'multipart/mixed'] as const;

/**
 * The content type of a response by the header `Accept` (RFC 9110, 12.5.1), as Yoga negotiates it: the first range that matches
 * counts, weights do not, and the charset is UTF-8.
 * @param accept `null` without the header.
 * @returns `undefined` where the client accepts none of the media types of GraphQL.
 */
export function contentTypeFor(accept: string | null): string | undefined {
  if (accept === null || accept === '*/*' || accept === RESPONSES[0]) return JSON_UTF8;
  const mediaType = firstMatch(accept, RESPONSES);
  return mediaType && `${mediaType}; charset=utf-8`;
}

function firstMatch<Type extends string>(accept: string | null, mediaTypes: readonly Type[]): Type | undefined {
  for (const range of (accept || '*/*').replaceAll(/\s/g, '').toLowerCase().split(',')) {
    const [name = '', ...parameters] = range.split(';');
    const charset = parameters.find((parameter) => parameter.includes('charset=')) ?? 'charset=utf-8';
    const found = charset === 'charset=utf-8' ? mediaTypes.find((one) => isMatch(name, one)) : undefined;
    if (found) return found;
  }
  return undefined;
}

function isMatch(range: string, mediaType: string): boolean {
  const [type, subtype] = range.split('/');
  const [ownType, ownSubtype] = mediaType.split('/');
  return (type === '*' || type === ownType) && (subtype === '*' || subtype === ownSubtype);
}

const NOT_ACCEPTABLE = 406;

/** Answers 406 to clients that accept none of the media types: Yoga would do so after execution, and its calls. */
export function useAcceptable(): Plugin {
  return {
    onRequestParse({ request, endResponse }) {
      if (firstMatch(request.headers.get('accept'), WITH_STREAMS)) return;
      const message =
        'Expected "accept: application/graphql-response+json" or "accept: application/json", in UTF-8, got neither.';
      endResponse(refusalResponse(new GatewayError('BAD_USER_INPUT', message), {}, NOT_ACCEPTABLE));
    },
  };
}

/** Negotiates the content type of each refusal, whichever plugin makes it. */
export function useRefusalTypes(): Plugin {
  return {
    onResponse({ request, response }) {
      if (response instanceof RefusalResponse) response.inTypeFor(request);
    },
  };
}
