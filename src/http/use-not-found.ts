import type { Plugin } from 'graphql-yoga';
import { GatewayError } from '../errors.ts';
import { refusalResponse } from './refusal.ts';
import { endpointOf } from './request-log.ts';

/**
 * Answers 404 where there is nothing. Yoga itself takes any address for its own that ends in `/graphql`, be that the end of a query
 * string.
 * @param served what there is beside `/graphql` and `/forget`.
 */
export function useNotFound(served: { readonly schema: boolean; readonly metrics: boolean }): Plugin {
  return {
    onRequest({ request, url, serverContext, endResponse }) {
      if (!isServed(request.method, url.pathname) && !isMounted(serverContext)) {
        endResponse(
          refusalResponse(new GatewayError('NOT_FOUND', 'There is nothing at this address. GraphQL is at /graphql.')),
        );
      }
    },
  };

  function isServed(method: string, path: string): boolean {
    const endpoint = endpointOf(path);
    if (endpoint === 'graphql' || endpoint === 'forget') return true;
    if (method !== 'GET') return false;
    return (endpoint === 'metrics' && served.metrics) || (path === '/schema.graphql' && served.schema);
  }
}

/** True where a framework serves the gateway below an address of its own, and takes that off for it: then `/graphql` is what is left. */
function isMounted(serverContext: object): boolean {
  const { req } = serverContext as { readonly req?: { readonly url?: string; readonly originalUrl?: string } };
  const { url = '', originalUrl = url } = req ?? {};
  return url !== originalUrl && endpointOf(url.split('?', 1)[0] ?? '') === 'graphql';
}
