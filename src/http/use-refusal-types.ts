import type { Plugin } from 'graphql-yoga';
import { RefusalResponse } from './refusal.ts';

/** Writes the content type that the client accepts on every refusal, so that no plugin that refuses has to negotiate. */
export function useRefusalTypes(): Plugin {
  return {
    onResponse({ request, response }) {
      if (response instanceof RefusalResponse) response.inTypeFor(request);
    },
  };
}
