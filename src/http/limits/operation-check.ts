import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { failures, GatewayError } from '../../errors.ts';
import type { SchemaContext } from '../../schema/builder.ts';
import { checkOperation } from '../../schema/operation-check.ts';
import type { OperationSize } from '../../schema/operation-size.ts';
import type { Admit, Admittance } from '../callers/admission.ts';
import { ownErrorIn } from '../masking.ts';
import { refusalError } from '../refusal.ts';
import { isAsyncIterable } from '../yoga-library.ts';
import { shortErrors } from './document-limits.ts';

export interface OperationCheckOptions {
  /** Identifiers that one operation may name. */
  readonly maxIdentifiers: number;
  /** Leaves "Did you mean" out of errors. */
  readonly hidesSuggestions: boolean;
  /** Decides by the caller. */
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

/**
 * Why an operation is rejected as a whole: each of its identifiers is OVERLOADED, so nothing of it was looked up, nor is any of it
 * cached. The error with the longest wait, since all have to be requested again.
 * @param results of all identifiers of an operation, by list.
 * @returns `undefined` where there is any other result, or none at all.
 */
export function overloadOf(results: readonly (readonly unknown[])[]): GatewayError | undefined {
  let longest: GatewayError | undefined;
  for (const list of results) {
    for (const result of list) {
      if (!(result instanceof GatewayError) || result.code !== 'OVERLOADED') return undefined;
      if (!longest || (result.retryAfterMs ?? 0) > (longest.retryAfterMs ?? 0)) longest = result;
    }
  }
  return longest;
}

/** The one error of such an operation. */
export const overloadError = (overload: GatewayError): GraphQLError => refusalError(overload, { spec: true });
