import { GraphQLError } from 'graphql';
import { failures, GatewayError } from '../../errors.ts';
import { DOCUMENT_LIMITS, type DocumentSize } from './document-limits.ts';

export interface RefusalHttp {
  /** @default that of BAD_USER_INPUT, 400 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Clients that accept only application/json get a 200, as GraphQL over HTTP wants for what is wrong with a document. */
  readonly spec?: boolean;
}

/** Refuses a request as a whole with this message. */
export function badRequest(message: string, http: RefusalHttp = {}): GraphQLError {
  const { extensions } = new GatewayError('BAD_USER_INPUT', message);
  return new GraphQLError(message, {
    extensions: { ...extensions, http: { status: failures.BAD_USER_INPUT.httpStatus, ...http } },
  });
}

/** @returns why a document of this size is refused, for the first limit that it is over; `undefined` where it may run. */
export function overLimit(size: Partial<DocumentSize>): GraphQLError | undefined {
  for (const [name, came] of Object.entries(size)) {
    const { most, what, advice } = DOCUMENT_LIMITS[name as keyof DocumentSize];
    if (came > most) {
      return badRequest(`A document may have at most ${most} ${what}; this one has ${came}. ${advice}`, { spec: true });
    }
  }
  return undefined;
}
