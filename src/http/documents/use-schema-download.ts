import { printSchema } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { createApiSchema } from '../../schema/schema.ts';

/** Answers `GET /schema.graphql` with the schema for clients as a file, the one that the package has under that name. */
export function useSchemaDownload(): Plugin {
  let printed: string | undefined;
  return {
    onRequest({ request, url, endResponse, fetchAPI: { Response } }) {
      if (url.pathname !== '/schema.graphql' || request.method !== 'GET') return;
      printed ??= `${printSchema(createApiSchema()).trimEnd()}\n`;
      const headers = {
        'content-type': 'text/plain; charset=utf-8',
        'content-disposition': 'attachment; filename="schema.graphql"',
      };
      endResponse(new Response(printed, { headers }));
    },
  };
}
