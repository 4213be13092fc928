import { GraphQLError } from 'graphql';
import { failures, type GatewayError } from '../errors.ts';

/** An answer that remembers why, for the log. */
export class RefusalResponse extends Response {
  readonly refusal: GatewayError;

  constructor(refusal: GatewayError, headers: Readonly<Record<string, string>>) {
    super(JSON.stringify({ errors: [{ message: refusal.message, extensions: refusal.extensions }] }), {
      status: failures[refusal.code].httpStatus,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    });
    this.refusal = refusal;
  }
}

/** A request that is refused as a whole, before GraphQL: one coded error, with the status of its row in the failure table. */
export function refusalResponse(error: GatewayError, headers: Readonly<Record<string, string>> = {}): Response {
  const retryAfter = error.retryAfterMs === undefined ? {} : { 'retry-after': secondsOf(error.retryAfterMs) };
  return new RefusalResponse(error, { ...retryAfter, ...headers });
}

/** The same for a place where Yoga makes the answer: throw it, or hand it over as a result. Every client gets the status. */
export function refusalError({ code, message, extensions, retryAfterMs }: GatewayError): GraphQLError {
  const headers = retryAfterMs === undefined ? {} : { 'retry-after': secondsOf(retryAfterMs) };
  return new GraphQLError(message, {
    extensions: { ...extensions, http: { status: failures[code].httpStatus, headers } },
  });
}

/** As in the header Retry-After: whole seconds. */
const secondsOf = (ms: number): string => String(Math.ceil(ms / 1_000));
