import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { failures } from '../../errors.ts';
import type { SchemaContext } from '../../schema/builder.ts';
import { checkOperation } from '../../schema/operation-check.ts';
import type { OperationSize } from '../../schema/operation-size.ts';
import type { Admit, Admittance } from '../callers/admission.ts';
import { ownErrorIn } from '../masking.ts';
import { overloadError, overloadOf } from '../overloaded.ts';
import { refusalError } from '../refusal.ts';
import { isAsyncIterable } from '../yoga-library.ts';
import { shortErrors } from './short-error.ts';

export interface OperationCheckOptions {
  /** Identifiers that one operation may name. */
  readonly maxIdentifiers: number;
  /** Leaves "Did you mean" out of errors. */
  readonly hidesSuggestions: boolean;
  /** Decides by who asks. */
  admit(operation: Omit<Admittance, 'caller'>, request: Request): ReturnType<Admit>;
}

/**
 * Refuses an operation as a whole before execution: variables of the wrong type, too many identifiers, or more than its caller
 * may ask for. After it, answers one whose identifiers are all OVERLOADED with one error.
 */
export function useOperationCheck({ admit, ...limits }: OperationCheckOptions): Plugin<SchemaContext> {
  return {
    async onExecute({ args, setResultAndStopExecution }) {
      const { schema, document, operationName, variableValues, contextValue } = args;
      const checked = checkOperation({ schema, document, operationName, variables: variableValues, ...limits });
      if (!isSize(checked)) {
        setResultAndStopExecution({ errors: shortErrors(checked).map(withStatus) });
        return undefined;
      }
      const refusal = await admit(checked, contextValue.request);
      if (refusal) {
        setResultAndStopExecution({ errors: [refusalError(refusal)] });
        return undefined;
      }
      return {
        onExecuteDone({ result, setResult }) {
          if (isAsyncIterable(result) || !result.errors || result.errors.length !== checked.identifiers) return;
          const overload = overloadOf([result.errors.map(ownErrorIn)]);
          if (overload) setResult({ errors: [overloadError(overload)] });
        },
      };
    },
  };
}

const isSize = (checked: OperationSize | readonly GraphQLError[]): checked is OperationSize => 'identifiers' in checked;

const withStatus = ({ message, nodes, extensions }: GraphQLError) =>
  new GraphQLError(message, {
    nodes: nodes ?? null,
    // `spec`: clients that accept only application/json get a 200, as GraphQL over HTTP wants.
    extensions: { ...extensions, http: { status: failures.BAD_USER_INPUT.httpStatus, spec: true } },
  });
