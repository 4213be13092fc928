import { failures, GatewayError } from '../../errors.ts';
import { type Cors, isPreflight } from '../browsers/cors.ts';
import { type EarlyRefusal, type HttpHandler, refusalResponse, sendRefusal } from '../refusal.ts';
import { NodeHeaders } from '../request-headers.ts';

export interface LoopbackHostsOptions {
  /** Scripts of its origins can read why they are refused. */
  readonly cors: Pick<Cors, 'headersFor'>;
  onRefused(refused: EarlyRefusal): void;
}

/**
 * Answers only requests for names of this machine. A page of another site can make its own host name mean 127.0.0.1, and then
 * read answers as if they came from that site (DNS rebinding); the `Host` header still tells the name that the browser was given.
 * Nor does it answer what a proxy says that it passes on: that can come from anywhere. A preflight is answered as any other, so that
 * scripts of allowed origins can read the refusal of what they send then.
 */
export function forLoopbackHosts(handler: HttpHandler, { cors, onRefused }: LoopbackHostsOptions): HttpHandler {
  const note = (method: string | undefined) =>
    onRefused({ method, status: failures.FORBIDDEN.httpStatus, code: 'FORBIDDEN' });
  /** The latest that was of this machine: most requests are for the same. */
  let known: string | undefined;
  return {
    async fetch(request) {
      const isForwarded = FORWARDED.some((name) => request.headers.has(name));
      if (isLoopbackHost(new URL(request.url).host) && !isForwarded) return handler.fetch(request);
      if (isPreflight(request.method, request.headers)) return handler.fetch(request);
      note(request.method);
      return refusalResponse(foreignHost(), cors.headersFor(request.headers)).inTypeFor(request);
    },
    requestListener(request, response) {
      const isForwarded = FORWARDED.some((name) => name in request.headers);
      const { host = '' } = request.headers;
      if (!isForwarded && (host === known || isLoopbackHost(host))) {
        known = host;
        return handler.requestListener(request, response);
      }
      const headers = new NodeHeaders(request);
      if (isPreflight(request.method, headers)) return handler.requestListener(request, response);
      note(request.method);
      return sendRefusal(response, foreignHost(), undefined, cors.headersFor(headers));
    },
  };
}

const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];

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
    'This gateway does not authenticate callers, so it answers requests of this machine for localhost, 127.0.0.1 and [::1] only, and none that a proxy passes on. To serve others, set AUTH.',
  );
