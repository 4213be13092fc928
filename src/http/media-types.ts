import type { Plugin } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';

const MAX_KNOWN = 100;
/** Longer than what any client sends that wants GraphQL. */
const MAX_LENGTH = 256;
const WITHOUT_ACCEPT = '';

/** What Yoga has answered to each `Accept`: it weighs them by rules of its own, which it does not export. */
export interface MediaTypes {
  readonly plugin: Plugin;
  /** The content type of an answer. @param accept `null` without the header. @returns `undefined` where Yoga has not met it yet. */
  typeFor(accept: string | null): string | undefined;
}

const TYPES: ReadonlySet<string | null> = new Set([
  'application/json; charset=utf-8',
  'application/graphql-response+json; charset=utf-8',
]);

export function createMediaTypes(): MediaTypes {
  const known = new LRUCache<string, string>({ max: MAX_KNOWN });
  return {
    plugin: {
      onResponse({ request, response }) {
        const accept = request.headers.get('accept') ?? WITHOUT_ACCEPT;
        const type = response.headers.get('content-type');
        const isResult = request.method === 'POST' && response.status === 200 && TYPES.has(type);
        if (isResult && type !== null && accept.length <= MAX_LENGTH) known.set(accept, type);
      },
    },
    typeFor: (accept) => known.get(accept ?? WITHOUT_ACCEPT),
  };
}
