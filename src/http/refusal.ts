import { type RequestListener, type ServerResponse, STATUS_CODES } from 'node:http';
import { GraphQLError } from 'graphql';
import { type ErrorCode, failures, GatewayError } from '../errors.ts';
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

/** No plugin of Yoga adds any to what is refused before it. */
const HEADERS = { 'content-type': 'application/json', ...SECURITY_HEADERS };

/** An answer that remembers why, for the log. */
export class RefusalResponse extends Response {
  readonly refusal: GatewayError;

  constructor(refusal: GatewayError, headers: Readonly<Record<string, string>>, status: number) {
    super(bodyOf(refusal), {
      status,
      // Yoga's server writes what is here, be it nothing.
      statusText: STATUS_CODES[status] ?? '',
      headers: { ...HEADERS, ...headers },
    });
    this.refusal = refusal;
  }
}

/**
 * A request that is refused as a whole, before GraphQL: one coded error.
 * @param status where HTTP has one that says more. @default that of its row in the failure table
 */
export function refusalResponse(
  error: GatewayError,
  headers: Readonly<Record<string, string>> = {},
  status = failures[error.code].httpStatus,
): Response {
  const retryAfter = error.retryAfterMs === undefined ? {} : { 'retry-after': secondsOf(error.retryAfterMs) };
  return new RefusalResponse(error, { ...retryAfter, ...headers }, status);
}

/**
 * There is nothing at an address. The log and the metrics tell it by its status: who tries addresses must not look like a caller whose
 * queries are wrong.
 */
export function notFoundResponse(message: string): Response {
  const body = bodyOf(new GatewayError('BAD_USER_INPUT', message));
  return new Response(body, { status: 404, statusText: STATUS_CODES[404] ?? '', headers: HEADERS });
}

/** The same on a Node server, whose connection is of no further use. @param status as above. */
export function sendRefusal(
  response: ServerResponse,
  error: GatewayError,
  status = failures[error.code].httpStatus,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = bodyOf(error);
  const length = Buffer.byteLength(body);
  response.writeHead(status, { ...HEADERS, ...headers, 'content-length': length, connection: 'close' });
  response.end(body);
}

/** The same as the bytes of an answer, for a connection on which Node could read no request. */
export function refusalText(error: GatewayError, status: number): string {
  const body = bodyOf(error);
  const length = String(Buffer.byteLength(body));
  const headers = { date: new Date().toUTCString(), ...HEADERS, 'content-length': length, connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`;
}

/** The same for a place where Yoga makes the answer: throw it, or hand it over as a result. Every client gets the status. */
export function refusalError({ code, message, extensions, retryAfterMs }: GatewayError): GraphQLError {
  const headers = retryAfterMs === undefined ? {} : { 'retry-after': secondsOf(retryAfterMs) };
  return new GraphQLError(message, {
    extensions: { ...extensions, http: { status: failures[code].httpStatus, headers } },
  });
}

const bodyOf = ({ message, extensions }: GatewayError) => JSON.stringify({ errors: [{ message, extensions }] });

/** As in the header Retry-After: whole seconds. */
const secondsOf = (ms: number): string => String(Math.ceil(ms / 1_000));
