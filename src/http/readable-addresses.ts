import { failures, GatewayError } from '../errors.ts';
import { type EarlyRefusal, type HttpHandler, sendRefusal } from './refusal.ts';

/**
 * Refuses requests whose `Host` and target make no address. Yoga's server would answer them with the stack of what it throws
 * then, to anybody.
 */
export function forReadableAddresses(handler: HttpHandler, onRefused: (refused: EarlyRefusal) => void): HttpHandler {
  /** The latest that was readable: most requests are for the same. */
  let known: string | undefined;

  return {
    fetch: handler.fetch,
    requestListener(request, response) {
      const { host = 'localhost' } = request.headers;
      const address = `http://${host}${request.url}`;
      if (address === known || (request.url?.startsWith('/') && URL.canParse(address))) {
        known = address;
        return handler.requestListener(request, response);
      }
      onRefused({ method: request.method, status: failures.BAD_USER_INPUT.httpStatus, code: 'BAD_USER_INPUT' });
      return sendRefusal(response, unreadable());
    },
  };
}

const unreadable = () =>
  new GatewayError('BAD_USER_INPUT', 'Expected a request for a host and a path, got what makes no address.');
