import { NoSchemaIntrospectionCustomRule, printSchema } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { createApiSchema } from '../../schema/schema.ts';

/** Keeps the schema from those who do not have it: no introspection, and no "Did you mean" in errors. */
export function useHiddenSchema(): Plugin {
  return {
    onValidate({ addValidationRule, validateFn, setValidationFn }) {
      addValidationRule(NoSchemaIntrospectionCustomRule);
      setValidationFn((schema, document, rules, options) =>
        validateFn(schema, document, rules, { ...options, hideSuggestions: true }),
      );
    },
  };
}

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
