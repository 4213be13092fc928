import type { Plugin } from 'graphql-yoga';
import { SECURITY_HEADERS } from '../security-headers.ts';

export interface SecurityHeadersOptions {
  /** True where other sites may read answers: caches have to tell them apart. */
  readonly variesByOrigin: boolean;
}

/**
 * Adds the headers that every answer has, where it has none of its own: GraphiQL's page does. `Strict-Transport-Security` is left
 * to whoever ends TLS in front of the gateway.
 */
export function useSecurityHeaders({ variesByOrigin }: SecurityHeadersOptions): Plugin {
  return {
    onResponse({ response: { headers } }) {
      for (const [name, value] of Object.entries(SECURITY_HEADERS)) if (!headers.has(name)) headers.set(name, value);
      if (variesByOrigin) headers.append('vary', 'origin');
    },
  };
}
