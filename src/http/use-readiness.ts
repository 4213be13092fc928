import type { Plugin } from 'graphql-yoga';
import type { UpstreamState } from '../telemetry/upstream-state.ts';

export interface Readiness {
  /** True from the first token on, or at once where callers bring their own, until shutdown. */
  readonly isReady: boolean;
  /** Detail, never the verdict: an outage must not take every replica out of the balancer. */
  readonly upstream: UpstreamState;
}

/**
 * Answers `/readiness`: 200 or 503, with the state of the user API as detail. Yoga's own plugin matches a URL pattern on every
 * request, and shows the message of an error that the check throws.
 */
export function useReadiness(readiness: () => Readiness): Plugin {
  return {
    onRequest({ url, endResponse, fetchAPI }) {
      if (url.pathname !== '/readiness') return;
      const { isReady, upstream } = readiness();
      endResponse(
        fetchAPI.Response.json(
          { status: isReady ? 'ready' : 'not ready', upstream },
          { status: isReady ? 200 : 503, headers: { 'cache-control': 'no-store' } },
        ),
      );
    },
  };
}
