import type { RequestListener } from 'node:http';
import { type ErrorCode, failures, GatewayError } from '../../errors.ts';
import { refusalResponse } from '../refusal.ts';

export interface HttpHandler {
  fetch(request: Request): Promise<Response>;
  readonly requestListener: RequestListener;
}

/** Never the name that was asked for: it is the client's own text. */
export interface RefusedHost {
  readonly method: string | undefined;
  readonly status: number;
  readonly code: ErrorCode;
}

/**
 * Answers only requests for names of this machine. A page of another site can make its own host name mean 127.0.0.1, and then
 * read answers as if they came from that site (DNS rebinding); the `Host` header still tells the name that the browser was given.
 */
export function forLoopbackHosts(handler: HttpHandler, onRefused: (refused: RefusedHost) => void): HttpHandler {
  const { httpStatus } = failures.FORBIDDEN;
  const note = (method: string | undefined) => onRefused({ method, status: httpStatus, code: 'FORBIDDEN' });
  return {
    async fetch(request) {
      if (isLoopbackHost(new URL(request.url).host)) return handler.fetch(request);
      note(request.method);
      return refusalResponse(foreignHost());
    },
    requestListener(request, response) {
      if (isLoopbackHost(request.headers.host ?? '')) return handler.requestListener(request, response);
      note(request.method);
      const { message, extensions } = foreignHost();
      response.writeHead(httpStatus, { 'content-type': 'application/json', connection: 'close' });
      return response.end(JSON.stringify({ errors: [{ message, extensions }] }));
    },
  };
}

/** @param host as in the header: a name or address, with or without a port. */
export function isLoopbackHost(host: string): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return name.endsWith('.localhost') || name === '[::1]' || isLoopbackAddress(name);
}

/** For addresses to listen on. */
export const isLoopbackAddress = (address: string): boolean =>
  address === 'localhost' || address === '::1' || /^127(\.\d{1,3}){3}$/.test(address);

const foreignHost = () =>
  new GatewayError(
    'FORBIDDEN',
    'This gateway does not authenticate callers, so it answers requests for localhost, 127.0.0.1 and [::1] only. To serve other names, set AUTH.',
  );
