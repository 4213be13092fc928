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
import { type Named, namedIn } from './named-in-operation.ts';

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

/**
 * Refuses an operation as a whole, before any resolver runs: variables of the wrong type, user keys as JSON numbers, or
 * more identifiers than allowed.
 * @returns what it names; for one that may not run the reasons, each with `extensions.code`.
 */
export function checkOperation(check: OperationCheck): Named | readonly GraphQLError[] {
  const { schema, document, operationName, maxIdentifiers } = check;
  const operation = getOperationAST(document, operationName);
  // Yoga refuses that by itself, as OPERATION_RESOLUTION_FAILURE.
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
    const named = namedIn(schema, document, operation, coerced);
    const tooMuch = overNamed(named, maxIdentifiers);
    return tooMuch.length > 0 ? tooMuch : named;
  } catch (error) {
    // An argument of the wrong type that only its variable could tell, null where a value is needed say.
    if (error instanceof GraphQLError) return [badInput(error.message, error.nodes)];
    throw error;
  }
}

/** Why an operation that names so much may not run; empty where it may. */
export function overNamed({ identifiers, tenants, values }: Named, maxIdentifiers: number): GraphQLError[] {
  const tooMuch = [
    ...tooMany(identifiers, maxIdentifiers, 'identifiers, over all its fields and lists'),
    ...tooMany(tenants.size, MAX_TENANTS, 'tenants'),
  ];
  if (tooMuch.length > 0) return tooMuch;
  return tooMany(values, VALUES_PER_IDENTIFIER * maxIdentifiers, 'values, the fields of all its people');
}

/** A list can be wrong in each of its items, always for the same reason. */
const MAX_ERRORS = 4;

/** A user has twelve fields, with `__typename`. Answers with more values than this cost more time than the look-ups. */
const VALUES_PER_IDENTIFIER = 25;

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
export function numericIdentifiers(
  operation: OperationDefinitionNode,
  raw: Readonly<Record<string, unknown>>,
): GraphQLError[] {
  return (operation.variableDefinitions ?? [])
    .filter(({ variable, type }) => namedType(type) === 'ID' && holds(raw[variable.name.value], type, isNumber))
    .map((definition) =>
      badInput(
        `Variable "$${definition.variable.name.value}" expects identifiers as text in quotes, got a JSON number: 19 digits do not fit a number, so it may name another person by now.`,
        [definition],
      ),
    );
}

/**
 * Lists and objects in place of an identifier, a text or an enum value. graphql-js would write all of such a value into its error, twice,
 * which takes 100 ms for an object of 70,000 fields.
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
        `Variable "$${definition.variable.name.value}" expects ${print(definition.type)}, got a list or an object in place of a value. Send values of the type ${namedType(definition.type)}.`,
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
