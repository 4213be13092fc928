import type { Plugin } from 'graphql-yoga';
import { GatewayError } from '../errors.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { refusalResponse } from './refusal.ts';

/**
 * Serves `GET /metrics` for Prometheus. It holds no user data, so it needs no user token.
 * @param logFault logs an internal error, which Yoga would answer with a page that shows the stack.
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
