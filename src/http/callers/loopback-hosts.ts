import { failures, GatewayError } from '../../errors.ts';
import { type EarlyRefusal, type HttpHandler, refusalResponse, sendRefusal } from '../refusal.ts';

/**
 * Answers only requests for names of this machine. A page of another site can make its own host name mean 127.0.0.1, and then
 * read answers as if they came from that site (DNS rebinding); the `Host` header still tells the name that the browser was given.
 */
export function forLoopbackHosts(handler: HttpHandler, onRefused: (refused: EarlyRefusal) => void): HttpHandler {
  const note = (method: string | undefined) =>
    onRefused({ method, status: failures.FORBIDDEN.httpStatus, code: 'FORBIDDEN' });
  return {
    async fetch(request) {
      if (isLoopbackHost(new URL(request.url).host)) return handler.fetch(request);
      note(request.method);
      return refusalResponse(foreignHost());
    },
    requestListener(request, response) {
      if (isLoopbackHost(request.headers.host ?? '')) return handler.requestListener(request, response);
      note(request.method);
      return sendRefusal(response, foreignHost());
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
