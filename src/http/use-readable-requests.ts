import type { Plugin } from 'graphql-yoga';
import { GatewayError } from '../errors.ts';
import { refusalError } from './refusal.ts';

/** What Yoga takes for a fault of the server and is one of the request: variables in the address or in a form that are not JSON. */
export function useReadableRequests(): Plugin {
  return {
    onRequestParse({ requestParser, setRequestParser }) {
      if (!requestParser) return;
      setRequestParser(async (request) => {
        try {
          return await requestParser(request);
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error;
          throw refusalError(
            new GatewayError('BAD_USER_INPUT', 'Expected "variables" and "extensions" as JSON, got something else.'),
          );
        }
      });
    },
  };
}
