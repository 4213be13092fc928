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

const GUARDED: ReadonlySet<string> = new Set(['GET', 'POST']);

/**
 * Refuses requests that a browser sends for any page without asking first: a GET, a form, plain text. Their answer could not be
 * read there, but they would cost, and their duration is a side channel.
 */
export function useCsrfPrevention(): Plugin {
  const { onRequestParse } = useCSRFPrevention({ requestHeaders: PROOFS });
  return {
    onRequestParse(payload) {
      // What is wrong with the others is their method: that is a 405.
      if (!GUARDED.has(payload.request.method)) return undefined;
      // Browsers add credentials of other kinds by themselves, to whatever a page sends.
      if (/^bearer /i.test(payload.request.headers.get('authorization') ?? '')) return undefined;
      try {
        return onRequestParse?.(payload);
      } catch {
        throw refusalError(new GatewayError('FORBIDDEN', helpFor(payload.request)));
      }
    },
  };
}

const HEADER = `the header "${PROOFS[0]}: 1"`;

/** Expected, got, fix, without any text of the client's. */
function helpFor({ method, headers }: Request): string {
  if (method === 'GET') {
    return `Expected a POST, or a GET with a header that a page of another site cannot set, got a GET without. Send a POST (urql: \`preferGetMethod: false\`), or ${HEADER}.`;
  }
  const type = headers.get('content-type')?.toLowerCase() ?? '';
  const [, got, help] = HELP_BY_TYPE.find(([form]) => type.startsWith(form)) ?? ['', 'none', 'Send it as JSON.'];
  return `Expected "content-type: application/json", got ${got}. ${help}`;
}

/** Those of forms in HTML. With another header a form is answered; nothing else would be. */
const HELP_BY_TYPE = [
  ['application/x-www-form-urlencoded', 'a form', `Send JSON, or ${HEADER}.`],
  ['multipart/form-data', 'multipart/form-data', 'Send JSON: files cannot be uploaded here.'],
  ['text/plain', 'text/plain', 'Send it as JSON.'],
] as const;
