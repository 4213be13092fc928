import {
  type ASTNode,
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  GraphQLIncludeDirective,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getArgumentValues,
  getDirectiveValues,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type TypeNode,
} from 'graphql';
import { GatewayError } from '../errors.ts';

export interface OperationCheck {
  readonly schema: GraphQLSchema;
  /** Parsed and valid. */
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  /** As they came, before coercion. */
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  /** Identifiers that one operation may name, over all its aliases and lists. */
  readonly maxIdentifiers: number;
}

/**
 * Refuses an operation as a whole, before any resolver runs: variables of the wrong type, user keys as JSON numbers, or
 * more identifiers than allowed.
 * @returns the reasons, each with `extensions.code`; empty for an operation that may run.
 */
export function checkOperation(check: OperationCheck): readonly GraphQLError[] {
  const { schema, document, operationName, maxIdentifiers } = check;
  const operation = getOperationAST(document, operationName);
  if (!operation) return []; // Yoga refuses that by itself, as OPERATION_RESOLUTION_FAILURE.
  const raw = check.variables ?? {};
  const numeric = numericIdentifiers(operation, raw);
  if (numeric.length > 0) return numeric;

  const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], raw, { maxErrors: 20 });
  if (errors) return errors.map((error) => badInput(error.message, error.nodes));

  try {
    const named = countIdentifiers(schema, document, operation, coerced);
    if (named <= maxIdentifiers) return [];
    const limit = `at most ${maxIdentifiers} identifiers, over all its fields and lists`;
    return [badInput(`An operation may name ${limit}; this one names ${named}. Split it.`)];
  } catch (error) {
    // An argument of the wrong type that only its variable could tell, null where a value is needed say.
    if (error instanceof GraphQLError) return [badInput(error.message, error.nodes)];
    throw error;
  }
}

const BAD_INPUT = new GatewayError('BAD_USER_INPUT', '').extensions;
const badInput = (message: string, nodes?: readonly ASTNode[]) =>
  new GraphQLError(message, { nodes: nodes ?? null, extensions: BAD_INPUT });

/**
 * GraphQL lets a JSON number stand for an `ID`. User keys have 19 digits, and `JSON.parse` has already turned
 * 7000000000000000001 into 7000000000000000000, another person. A number written into the query itself is exact and is taken.
 */
function numericIdentifiers(
  operation: OperationDefinitionNode,
  raw: Readonly<Record<string, unknown>>,
): GraphQLError[] {
  return (operation.variableDefinitions ?? [])
    .filter(({ variable, type }) => namedType(type) === 'ID' && holdsNumber(raw[variable.name.value]))
    .map((definition) =>
      badInput(
        `Variable "$${definition.variable.name.value}" expects identifiers as text in quotes, got a JSON number: 19 digits do not fit a number, so it may name another person by now.`,
        [definition],
      ),
    );
}

const holdsNumber = (value: unknown): boolean =>
  typeof value === 'number' || (Array.isArray(value) && value.some(holdsNumber));

function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);
}

/** Walks the root selection as graphql-js will when it executes, each fragment once, so a fragment bomb costs nothing. */
function countIdentifiers(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): number {
  const fields = schema.getRootType(operation.operation)?.getFields() ?? {};
  const seenFragments = new Set<string>();
  const seenResponseKeys = new Set<string>();
  return inSelectionSet(operation.selectionSet);

  function inSelectionSet({ selections }: SelectionSetNode): number {
    return selections.filter(isIncluded).reduce((sum, selection) => sum + inSelection(selection), 0);
  }

  function inSelection(selection: SelectionNode): number {
    if (selection.kind === Kind.FIELD) return inField(selection);
    if (selection.kind === Kind.INLINE_FRAGMENT) return inSelectionSet(selection.selectionSet);
    const name = selection.name.value;
    if (seenFragments.has(name)) return 0;
    seenFragments.add(name);
    const fragment = document.definitions.find(
      (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name,
    );
    return fragment?.kind === Kind.FRAGMENT_DEFINITION ? inSelectionSet(fragment.selectionSet) : 0;
  }

  function inField(node: FieldNode): number {
    const field = fields[node.name.value];
    const responseKey = node.alias?.value ?? node.name.value;
    if (!field?.extensions.countIdentifiers || seenResponseKeys.has(responseKey)) return 0;
    seenResponseKeys.add(responseKey);
    return field.extensions.countIdentifiers(getArgumentValues(field, node, variables));
  }

  function isIncluded(node: SelectionNode): boolean {
    return (
      getDirectiveValues(GraphQLSkipDirective, node, variables)?.if !== true &&
      getDirectiveValues(GraphQLIncludeDirective, node, variables)?.if !== false
    );
  }
}
