import type { GraphQLError } from 'graphql';
import { GatewayError } from '../errors.ts';
import { refusalError } from './refusal.ts';

/**
 * Why an operation is rejected as a whole: each of its identifiers is OVERLOADED, so nothing of it was looked up, nor is any of it
 * cached. The error with the longest wait, since all have to be asked for again.
 * @param results of all identifiers of an operation, by list.
 * @returns `undefined` where there is any other result, or none at all.
 */
export function overloadOf(results: readonly (readonly unknown[])[]): GatewayError | undefined {
  let longest: GatewayError | undefined;
  for (const list of results) {
    for (const result of list) {
      if (!(result instanceof GatewayError) || result.code !== 'OVERLOADED') return undefined;
      if (!longest || (result.retryAfterMs ?? 0) > (longest.retryAfterMs ?? 0)) longest = result;
    }
  }
  return longest;
}

/** The one error of such an operation. */
export const overloadError = (overload: GatewayError): GraphQLError => refusalError(overload, { spec: true });
