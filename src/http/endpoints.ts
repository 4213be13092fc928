import type { Plugin } from 'graphql-yoga';
import { GatewayError } from '../errors.ts';
import type { UpstreamState } from '../telemetry/upstream-state.ts';
import { refusalResponse } from './refusal.ts';
import { endpointOf } from './request-log.ts';

export interface Readiness {
  /** True from the first token on, or at once where callers bring their own, until shutdown. */
  readonly isReady: boolean;
  /** Detail, never the verdict: an outage must not take every replica out of the balancer. */
  readonly upstream: UpstreamState;
  /** What is shared with other gateways, where there is such. */
  readonly shared?: { readonly isUp: boolean; readonly replicas: number | undefined } | undefined;
}

/** For Yoga's own health check, which answers every URL that ends so: none can. */
export const NO_HEALTH_CHECK = '\n';

/** New each time: @whatwg-node writes the length of the body into the object that it is given. */
const headers = () => ({ 'cache-control': 'no-store' });

/**
 * Answers `/health`: 200 as long as the process does; and `/readiness`: 200 or 503, with the state of the user API as detail.
 * These paths exactly. Yoga's own plugin for the second matches a URL pattern on every request, and shows the message of an error
 * that the check throws.
 */
export function useProbes(readiness: () => Readiness): Plugin {
  return {
    onRequest({ url, endResponse, fetchAPI: { Response } }) {
      if (url.pathname === '/health') endResponse(Response.json({ status: 'ok' }, { headers: headers() }));
      if (url.pathname !== '/readiness') return;
      const { isReady, upstream, shared } = readiness();
      const status = isReady ? 200 : 503;
      endResponse(
        Response.json(
          { status: isReady ? 'ready' : 'not ready', upstream, redis: redisOf(shared) },
          { status, headers: headers() },
        ),
      );
    },
  };
}

const redisOf = (shared: Readiness['shared']) =>
  shared && { status: shared.isUp ? 'ok' : 'away', replicas: shared.replicas };

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
