import type { Plugin } from 'graphql-yoga';
import type { Metrics } from '../telemetry/metrics.ts';

/** Answers `GET /metrics` with what Prometheus scrapes. Nobody's people are in it, so it needs no user token. */
export function useMetrics({ text, contentType }: Pick<Metrics, 'text' | 'contentType'>): Plugin {
  return {
    onRequest({ request, url, endResponse, fetchAPI: { Response } }) {
      if (url.pathname !== '/metrics' || request.method !== 'GET') return undefined;
      return text().then((told) => endResponse(new Response(told, { headers: { 'content-type': contentType } })));
    },
  };
}
