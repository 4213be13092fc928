import type { Plugin } from 'graphql-yoga';
import { GatewayError } from '../../errors.ts';
import { refusalError } from '../refusal.ts';
import { useCSRFPrevention } from '../yoga-library.ts';

/** A page of another site cannot set any of these without a preflight. The first are what Yoga and Apollo clients know. */
const PROOFS = [
  'x-graphql-yoga-csrf',
  'apollo-require-preflight',
  'x-apollo-operation-name',
  'x-lookup-receipt',
  'x-lookup-cache',
  'x-lark-user-token',
];

/**
 * Refuses requests that a browser sends for any page without asking first: a GET, a form, plain text. Their answer could not be
 * read there, but they would cost, and how long they take tells something.
 */
export function useCsrfPrevention(): Plugin {
  const { onRequestParse } = useCSRFPrevention({ requestHeaders: PROOFS });
  return {
    onRequestParse(payload) {
      // Browsers add credentials of other kinds by themselves, to whatever a page sends.
      if (/^bearer /i.test(payload.request.headers.get('authorization') ?? '')) return undefined;
      try {
        return onRequestParse?.(payload);
      } catch {
        throw refusalError(
          new GatewayError(
            'FORBIDDEN',
            `Expected what a page of another site cannot send unasked: "content-type: application/json", or one of the headers ${PROOFS.slice(0, 3).join(', ')}.`,
          ),
        );
      }
    },
  };
}
