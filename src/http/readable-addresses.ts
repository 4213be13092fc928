import { failures, GatewayError } from '../errors.ts';
import { type EarlyRefusal, type HttpHandler, sendRefusal } from './refusal.ts';

/**
 * Refuses requests whose `Host` and target make no address. Yoga's server would answer them with the stack of what it throws
 * then, to anybody.
 */
export function forReadableAddresses(handler: HttpHandler, onRefused: (refused: EarlyRefusal) => void): HttpHandler {
  return {
    fetch: handler.fetch,
    requestListener(request, response) {
      const { host = 'localhost' } = request.headers;
      if (URL.canParse(`http://${host}${request.url}`)) return handler.requestListener(request, response);
      onRefused({ method: request.method, status: failures.BAD_USER_INPUT.httpStatus, code: 'BAD_USER_INPUT' });
      return sendRefusal(response, unreadable());
    },
  };
}

const unreadable = () =>
  new GatewayError('BAD_USER_INPUT', 'Expected a request for a host and a path, got what makes no address.');
