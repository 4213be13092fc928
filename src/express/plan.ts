import {
  type DirectiveNode,
  type DocumentNode,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  OperationTypeNode,
  visit,
} from 'graphql';
import { planSelection, type RootSelection } from './selection.ts';
import type { SelectionCache } from './selection-cache.ts';
import { planVariables, type ReadVariables } from './variables.ts';

/** How one operation is answered without graphql-js. */
export interface Plan {
  readonly readVariables: ReadVariables;
  /** @param variables coerced. @returns what is to be answered with them; `undefined` where that is for graphql-js. */
  selectionFor(variables: Record<string, unknown>): RootSelection | undefined;
}

/** Each doubles what there is to plan at most. */
const MOST_CONDITIONS = 6;

/**
 * @param document valid, and within the limits of documents.
 * @param selections keeps what is planned of it, under names that begin with this one.
 * @returns `undefined` where it is not made of what is answered here: then it is for graphql-js.
 */
export function planOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | undefined,
  selections: { readonly cache: SelectionCache; readonly name: string },
): Plan | undefined {
  const operation = getOperationAST(document, operationName);
  if (operation?.operation !== OperationTypeNode.QUERY) return undefined;
  const readVariables = planVariables(schema, operation);
  const conditions = conditionsIn(document);
  if (!readVariables || conditions.length > MOST_CONDITIONS) return undefined;
  const { cache, name: ownName } = selections;

  return {
    readVariables,
    selectionFor(variables) {
      const name =
        conditions.length === 0 ? ownName : `${ownName} ${conditions.map((one) => String(variables[one])).join()}`;
      const known = cache.get(name);
      if (known) return known.selection;
      const selection = planSelection(schema, document, operation, variables);
      cache.set(name, { selection });
      return selection;
    },
  };
}

/** The variables that include or skip something, of all operations. */
function conditionsIn(document: DocumentNode): string[] {
  const names = new Set<string>();
  visit(document, {
    Directive({ arguments: given = [] }: DirectiveNode) {
      for (const { value } of given) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}
