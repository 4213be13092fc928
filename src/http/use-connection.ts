import type { Plugin } from 'graphql-yoga';

/**
 * Leaves it to Node whether a connection is kept: Yoga writes `connection: keep-alive` on event streams and multipart answers, also
 * where the client asked for the end of the connection (RFC 9112, 9.6), and during shutdown.
 */
export function useConnection(): Plugin {
  return {
    onResponse({ response: { headers } }) {
      if (headers.get('connection') === 'keep-alive') headers.delete('connection');
    },
  };
}
