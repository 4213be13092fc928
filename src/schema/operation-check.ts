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
  /** Leaves "Did you mean" out of errors, for those who should not learn the schema from them. @default false */
  readonly hidesSuggestions?: boolean | undefined;
}

/** What an operation asks for, over all its fields, lists and fragments. */
export interface Named {
  /** How many identifiers it names, repeats included. */
  readonly identifiers: number;
  readonly tenants: ReadonlySet<string>;
}

/**
 * Refuses an operation as a whole, before any resolver runs: variables of the wrong type, user keys as JSON numbers, or
 * more identifiers than allowed.
 * @returns what it names; for one that may not run the reasons, each with `extensions.code`.
 */
export function checkOperation(check: OperationCheck): Named | readonly GraphQLError[] {
  const { schema, document, operationName, maxIdentifiers } = check;
  const operation = getOperationAST(document, operationName);
  // Yoga refuses that by itself, as OPERATION_RESOLUTION_FAILURE.
  if (!operation) return { identifiers: 0, tenants: new Set() };
  const raw = check.variables ?? {};
  const numeric = numericIdentifiers(operation, raw);
  if (numeric.length > 0) return numeric;

  const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], raw, {
    maxErrors: MAX_ERRORS,
    hideSuggestions: check.hidesSuggestions ?? false,
  });
  if (errors) return errors.map((error) => badInput(error.message, error.nodes));

  try {
    const named = namedIn(schema, document, operation, coerced);
    const tooMuch = [
      ...tooMany(named.identifiers, maxIdentifiers, 'identifiers, over all its fields and lists'),
      ...tooMany(named.tenants.size, MAX_TENANTS, 'tenants'),
    ];
    return tooMuch.length > 0 ? tooMuch : named;
  } catch (error) {
    // An argument of the wrong type that only its variable could tell, null where a value is needed say.
    if (error instanceof GraphQLError) return [badInput(error.message, error.nodes)];
    throw error;
  }
}

/** A list can be wrong in each of its items, always for the same reason. */
const MAX_ERRORS = 4;

/** Each tenant is asked in calls of its own, so a list of tenants would use up what is for everybody. */
const MAX_TENANTS = 5;

function tooMany(named: number, limit: number, what: string): GraphQLError[] {
  return named > limit
    ? [badInput(`An operation may name at most ${limit} ${what}; this one names ${named}. Split it.`)]
    : [];
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
    .filter(({ variable, type }) => namedType(type) === 'ID' && holdsNumber(raw[variable.name.value], type))
    .map((definition) =>
      badInput(
        `Variable "$${definition.variable.name.value}" expects identifiers as text in quotes, got a JSON number: 19 digits do not fit a number, so it may name another person by now.`,
        [definition],
      ),
    );
}

/** Looks as deep as the type goes, whatever the depth of the value. */
function holdsNumber(value: unknown, type: TypeNode): boolean {
  if (type.kind === Kind.NON_NULL_TYPE) return holdsNumber(value, type.type);
  if (type.kind === Kind.LIST_TYPE && Array.isArray(value)) return value.some((item) => holdsNumber(item, type.type));
  return typeof value === 'number';
}

function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);
}

/** Walks the root selection as graphql-js will when it executes, each fragment once, so a fragment bomb costs nothing. */
function namedIn(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): Named {
  const fields = schema.getRootType(operation.operation)?.getFields() ?? {};
  const seenFragments = new Set<string>();
  const seenResponseKeys = new Set<string>();
  const tenants = new Set<string>();
  let identifiers = 0;
  inSelectionSet(operation.selectionSet);
  return { identifiers, tenants };

  function inSelectionSet({ selections }: SelectionSetNode): void {
    for (const selection of selections) if (isIncluded(selection)) inSelection(selection);
  }

  function inSelection(selection: SelectionNode): void {
    if (selection.kind === Kind.FIELD) inField(selection);
    else if (selection.kind === Kind.INLINE_FRAGMENT) inSelectionSet(selection.selectionSet);
    else inFragment(selection.name.value);
  }

  function inFragment(name: string): void {
    if (seenFragments.has(name)) return;
    seenFragments.add(name);
    const fragment = document.definitions.find(
      (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name,
    );
    if (fragment?.kind === Kind.FRAGMENT_DEFINITION) inSelectionSet(fragment.selectionSet);
  }

  function inField(node: FieldNode): void {
    const field = fields[node.name.value];
    const responseKey = node.alias?.value ?? node.name.value;
    if (!field?.extensions.countIdentifiers || seenResponseKeys.has(responseKey)) return;
    seenResponseKeys.add(responseKey);
    const args = getArgumentValues(field, node, variables);
    identifiers += field.extensions.countIdentifiers(args);
    const tenant = field.extensions.tenantKeyOf?.(args);
    if (tenant !== undefined) tenants.add(tenant);
  }

  function isIncluded(node: SelectionNode): boolean {
    return (
      getDirectiveValues(GraphQLSkipDirective, node, variables)?.if !== true &&
      getDirectiveValues(GraphQLIncludeDirective, node, variables)?.if !== false
    );
  }
}
