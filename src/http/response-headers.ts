import type { Plugin } from 'graphql-yoga';

/** Data must not be taken for a page. */
const NO_PAGE = "default-src 'none'; frame-ancestors 'none'";

/** For browsers and caches: a response is data, for its client only. On every response, also on early refusals. */
export const SECURITY_HEADERS = {
  'content-security-policy': NO_PAGE,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  // Users are personal data: no cache on the way to the caller keeps them.
  'cache-control': 'no-store',
} as const;

/**
 * Adds the headers of every response, where it has none of its own, as GraphiQL's page does. `Strict-Transport-Security` is left to what
 * ends TLS in front of the gateway, and to Node whether a connection is kept: Yoga writes `connection: keep-alive` on event streams and
 * multipart responses, also where the client asked for its end (RFC 9112, 9.6), and during shutdown.
 * @param options `variesByOrigin`: pages of other sites may read responses, so caches have to keep them apart.
 */
export function useResponseHeaders({ variesByOrigin }: { readonly variesByOrigin: boolean }): Plugin {
  return {
    onResponse({ response: { headers } }) {
      for (const name in SECURITY_HEADERS) {
        if (!headers.has(name)) headers.set(name, SECURITY_HEADERS[name as keyof typeof SECURITY_HEADERS]);
      }
      if (variesByOrigin) headers.append('vary', 'origin');
      if (headers.get('connection') === 'keep-alive') headers.delete('connection');
    },
  };
}
