import type { Plugin } from 'graphql-yoga';
import { GatewayError } from '../errors.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { refusalResponse } from './refusal.ts';

/**
 * Answers `GET /metrics` with what Prometheus scrapes. Nobody's people are in it, so it needs no user token.
 * @param logFault Yoga would let a fault through, to its server's page with a stack.
 */
export function useMetrics(
  { text, contentType }: Pick<Metrics, 'text' | 'contentType'>,
  logFault: (error: unknown) => void,
): Plugin {
  return {
    onRequest({ request, url, endResponse, fetchAPI: { Response } }) {
      if (url.pathname !== '/metrics' || request.method !== 'GET') return undefined;
      return answer().then(endResponse);

      async function answer(): Promise<Response> {
        try {
          return new Response(await text(), { headers: { 'content-type': contentType } });
        } catch (error) {
          logFault(error);
          return refusalResponse(new GatewayError('INTERNAL_SERVER_ERROR', 'The metrics could not be read.'));
        }
      }
    },
  };
}
