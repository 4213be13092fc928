import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { failures } from '../../errors.ts';
import { checkOperation } from '../../schema/operation-check.ts';

/** Refuses an operation as a whole before execution: variables of the wrong type, or too many identifiers. */
export function useOperationCheck(limits: { maxIdentifiers: number }): Plugin {
  return {
    onExecute({ args, setResultAndStopExecution }) {
      const { schema, document, operationName, variableValues } = args;
      const reasons = checkOperation({ schema, document, operationName, variables: variableValues, ...limits });
      if (reasons.length === 0) return;
      const errors = reasons.map(
        ({ message, nodes, extensions }) =>
          new GraphQLError(message, {
            nodes: nodes ?? null,
            // `spec`: clients that accept only application/json get a 200, as GraphQL over HTTP wants.
            extensions: { ...extensions, http: { status: failures.BAD_USER_INPUT.httpStatus, spec: true } },
          }),
      );
      setResultAndStopExecution({ errors });
    },
  };
}
