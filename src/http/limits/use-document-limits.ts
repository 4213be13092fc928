import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { MAX_ERRORS } from './document-limits.ts';
import { KnownOperationTypesRule } from './known-operation-types-rule.ts';
import { parseWithinLimits } from './parse-within-limits.ts';
import { shortError, shortErrors } from './short-error.ts';

/**
 * Refuses a document that is over a limit while it is parsed, before its validation, and keeps short what graphql-js says of a
 * document that is wrong. A document that Yoga has in its cache has passed once, and is not measured again.
 */
export function useDocumentLimits(): Plugin {
  return {
    onParse({ setParseFn }) {
      setParseFn((source, options) => {
        try {
          return parseWithinLimits(source, options);
        } catch (error) {
          throw error instanceof GraphQLError ? shortError(error) : error;
        }
      });
    },
    onValidate({ validateFn, setValidationFn, addValidationRule }) {
      addValidationRule(KnownOperationTypesRule);
      setValidationFn((schema, document, rules, options) =>
        shortErrors(validateFn(schema, document, rules, { ...options, maxErrors: MAX_ERRORS })),
      );
    },
  };
}
