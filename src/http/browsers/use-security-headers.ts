import type { Plugin } from 'graphql-yoga';

export interface SecurityHeadersOptions {
  /** The policy of GraphiQL's page, once that was shown. */
  pagePolicy(): string | undefined;
  /** True where other sites may read answers: caches have to tell them apart. */
  readonly variesByOrigin: boolean;
}

/** What is no page must not be taken for one, whatever is in it. */
const NO_PAGE = "default-src 'none'; frame-ancestors 'none'";

/**
 * Says to browsers and caches that answers are data, for whoever asked only. `Strict-Transport-Security` is left to whoever ends
 * TLS in front of the gateway.
 */
export function useSecurityHeaders({ pagePolicy, variesByOrigin }: SecurityHeadersOptions): Plugin {
  return {
    onResponse({ response }) {
      const { headers } = response;
      const isPage = headers.get('content-type')?.startsWith('text/html') ?? false;
      headers.set('content-security-policy', (isPage && pagePolicy()) || NO_PAGE);
      headers.set('x-content-type-options', 'nosniff');
      headers.set('x-frame-options', 'DENY');
      headers.set('referrer-policy', 'no-referrer');
      headers.set('cross-origin-resource-policy', 'same-origin');
      // People are nobody else's: no cache between here and the caller keeps them.
      if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
      if (variesByOrigin) headers.set('vary', 'origin');
    },
  };
}
