import {
  type ASTNode,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  isLeafType,
  Kind,
  type ListTypeNode,
  type NamedTypeNode,
  type OperationDefinitionNode,
  print,
  type TypeNode,
} from 'graphql';
import { GatewayError } from '../errors.ts';
import { measureOperation, type OperationSize } from './operation-size.ts';

export interface OperationCheck {
  readonly schema: GraphQLSchema;
  /** Parsed and valid. */
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  /** As they came, before coercion. */
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  /** Identifiers per operation, over all its aliases and lists. */
  readonly maxIdentifiers: number;
  /** Leaves "Did you mean" out of errors, so that they do not reveal the schema. @default false */
  readonly hidesSuggestions?: boolean | undefined;
}

/**
 * Rejects an operation as a whole, before any resolver runs: variables of the wrong type, user keys as JSON numbers, or more identifiers
 * than allowed.
 * @returns its size; for a rejected one the errors, each with `extensions.code`.
 */
export function checkOperation(check: OperationCheck): OperationSize | readonly GraphQLError[] {
  const { schema, document, operationName, maxIdentifiers } = check;
  const operation = getOperationAST(document, operationName);
  // Yoga rejects that by itself, as OPERATION_RESOLUTION_FAILURE.
  if (!operation) return { identifiers: 0, values: 0, addresses: 0, tenants: new Set() };
  const raw = check.variables ?? {};
  const numeric = numericIdentifiers(operation, raw);
  if (numeric.length > 0) return numeric;
  const structured = structuredLeaves(schema, operation, raw);
  if (structured.length > 0) return structured;

  const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], raw, {
    maxErrors: MAX_ERRORS,
    hideSuggestions: check.hidesSuggestions ?? false,
  });
  if (errors) return errors.map((error) => badInput(error.message, error.nodes));

  try {
    const size = measureOperation(schema, document, operation, coerced);
    const exceeded = exceededLimits(size, maxIdentifiers);
    return exceeded.length > 0 ? exceeded : size;
  } catch (error) {
    // An argument whose variable has the wrong type, such as null for a non-null argument.
    if (error instanceof GraphQLError) return [badInput(error.message, error.nodes)];
    throw error;
  }
}

/** Why an operation of this size is rejected; empty where it is not. */
export function exceededLimits(
  { identifiers, tenants, values }: OperationSize,
  maxIdentifiers: number,
): GraphQLError[] {
  const exceeded = [
    ...tooMany(identifiers, maxIdentifiers, 'identifiers'),
    ...tooMany(tenants.size, MAX_TENANTS, 'tenants'),
  ];
  if (exceeded.length > 0) return exceeded;
  return tooMany(values, VALUES_PER_IDENTIFIER * maxIdentifiers, 'values');
}

/** A list can be wrong in each of its items, always for the same reason. */
const MAX_ERRORS = 4;

/** A user has twelve fields, with `__typename`. Responses with more values than this take longer than the lookups. */
const VALUES_PER_IDENTIFIER = 25;

/** Each tenant needs calls of its own, so a list of tenants would use up the rate limit of all callers. */
const MAX_TENANTS = 5;

function tooMany(count: number, limit: number, what: string): GraphQLError[] {
  return count > limit
    ? [
        badInput(
          `Expected at most ${limit} ${what} per operation, over all its fields and lists, got ${count}. Split it.`,
        ),
      ]
    : [];
}

const BAD_INPUT = new GatewayError('BAD_USER_INPUT', '').extensions;
const badInput = (message: string, nodes?: readonly ASTNode[]) =>
  new GraphQLError(message, { nodes: nodes ?? null, extensions: BAD_INPUT });

/**
 * GraphQL lets a JSON number stand for an `ID`. User keys have 19 digits, and `JSON.parse` has already turned
 * 7000000000000000001 into 7000000000000000000, another user. A number literal in the query itself is exact and is accepted.
 */
export function numericIdentifiers(
  operation: OperationDefinitionNode,
  raw: Readonly<Record<string, unknown>>,
): GraphQLError[] {
  return (operation.variableDefinitions ?? [])
    .filter(({ variable, type }) => namedType(type) === 'ID' && holds(raw[variable.name.value], type, isNumber))
    .map((definition) =>
      badInput(
        `Variable "$${definition.variable.name.value}" expects identifiers as strings, got a JSON number. Send it in quotes: numbers lose the last of 19 digits.`,
        [definition],
      ),
    );
}

/**
 * Lists and objects in place of an identifier, a string or an enum value. graphql-js would print such a value twice in its error, which
 * takes 100 ms for an object of 70,000 fields.
 */
function structuredLeaves(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  raw: Readonly<Record<string, unknown>>,
): GraphQLError[] {
  return (operation.variableDefinitions ?? [])
    .filter(({ variable, type }) => {
      const named = namedType(type);
      return named !== ANY && isLeafType(schema.getType(named)) && holds(raw[variable.name.value], type, isStructured);
    })
    .slice(0, MAX_ERRORS)
    .map((definition) =>
      badInput(
        `Variable "$${definition.variable.name.value}" expects ${print(definition.type)}, got a list or an object in place of a value. Send values of type ${namedType(definition.type)}.`,
        [definition],
      ),
    );
}

/** The scalar of entity representations, which are objects. */
const ANY = '_Any';

const isNumber = (value: unknown) => typeof value === 'number';
const isStructured = (value: unknown) => typeof value === 'object' && value !== null;

/** Looks as deep as the type goes, whatever the depth of the value. */
function holds(value: unknown, type: TypeNode, isSought: (leaf: unknown) => boolean): boolean {
  const nullable = nullableType(type);
  if (nullable.kind !== Kind.LIST_TYPE || !Array.isArray(value)) return isSought(value);
  const item = nullableType(nullable.type);
  return value.some(item.kind === Kind.LIST_TYPE ? (one) => holds(one, item, isSought) : isSought);
}

const nullableType = (type: TypeNode): NamedTypeNode | ListTypeNode =>
  type.kind === Kind.NON_NULL_TYPE ? type.type : type;

function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);
}
