import type { FetchAPI } from 'graphql-yoga';
import type { UpstreamState } from '../telemetry/upstream-state.ts';

export interface Readiness {
  /** True from the first token on until shutdown. */
  readonly isReady: boolean;
  /** Detail, never the verdict: an outage must not take every replica out of the balancer. */
  readonly upstream: UpstreamState;
}

export function readinessResponse({ isReady, upstream }: Readiness, fetchAPI: Pick<FetchAPI, 'Response'>): Response {
  const body = JSON.stringify({ status: isReady ? 'ready' : 'not ready', upstream });
  return new fetchAPI.Response(body, {
    status: isReady ? 200 : 503,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  });
}
