import { type RequestListener, type ServerResponse, STATUS_CODES } from 'node:http';
import { GraphQLError } from 'graphql';
import { type ErrorCode, failures, type GatewayError } from '../errors.ts';
import { contentTypeFor } from './accept.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** What serves requests: in Node, and in any runtime with the Fetch API. */
export interface HttpHandler {
  fetch(request: Request): Promise<Response>;
  readonly requestListener: RequestListener;
}

/** A request that was refused before it got to Yoga, for the log. Nothing of the client's own text. */
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
      // Yoga's server writes what is here, be it nothing.
      statusText: STATUS_CODES[status] ?? '',
      headers: { ...headersOf(refusal, null), ...headers },
    });
    this.refusal = refusal;
  }

  /** Negotiates the content type. Plugins need not: useRefusalTypes does it for every refusal. */
  inTypeFor({ headers }: Pick<Request, 'headers'>): this {
    this.headers.set('content-type', refusalTypeFor(headers.get('accept')));
    return this;
  }
}

/**
 * A request that is refused as a whole, before GraphQL: one coded error.
 * @param status where HTTP has one that says more. @default that of its row in the failure table
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

/** The same as the bytes of an answer, for a connection on which Node could read no request. */
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

/**
 * The same for a place where Yoga makes the answer: throw it, or hand it over as a result.
 * @param http `spec`: a client that accepts only `application/json` gets a 200, as GraphQL over HTTP wants. @default every client gets
 *   the status
 */
export function refusalError(error: GatewayError, http: { readonly spec?: boolean } = {}): GraphQLError {
  const { code, message, extensions } = error;
  return new GraphQLError(message, {
    extensions: { ...extensions, http: { status: failures[code].httpStatus, headers: retryAfterOf(error), ...http } },
  });
}

const bodyOf = ({ message, extensions }: GatewayError) => JSON.stringify({ errors: [{ message, extensions }] });

/** No plugin of Yoga adds any to what is refused before it. */
const headersOf = (error: GatewayError, accept: string | null) => ({
  'content-type': refusalTypeFor(accept),
  ...SECURITY_HEADERS,
  ...retryAfterOf(error),
});

/** Also where the client accepts neither: RFC 9110, 12.5.1, leaves that to the server, and an error tells more than none. */
const refusalTypeFor = (accept: string | null) => contentTypeFor(accept) ?? 'application/json; charset=utf-8';

/** In whole seconds, and at least one: a client that asks again at once meets what it met. */
const retryAfterOf = ({ retryAfterMs }: GatewayError): Record<string, string> =>
  retryAfterMs === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) };
