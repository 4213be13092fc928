import {
  type DirectiveNode,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  Kind,
  locatedError,
  type OperationDefinitionNode,
  OperationTypeNode,
  visit,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { LookupResult } from '../directory/lookup.ts';
import { GatewayError } from '../errors.ts';
import type { UserContext } from '../schema/builder.ts';
import { exceededLimits, numericIdentifiers } from '../schema/operation-check.ts';
import { type LookupCall, type OperationSize, sumSizes } from '../schema/operation-size.ts';
import {
  type Args,
  type LeafField,
  type PreparedFields,
  prepareFields,
  type UserField,
  type Variables,
} from './prepared-fields.ts';

type Path = readonly (string | number)[];

/** A prepared operation with the variables of one request: what is looked up, and how the data is made of the results. */
export interface BoundOperation {
  readonly fields: PreparedFields;
  /** One for each field that looks users up. */
  readonly calls: readonly UserCall[];
  readonly named: OperationSize;
}

interface UserCall extends LookupCall {
  readonly field: UserField;
  /** One for each leaf. */
  readonly leafArgs: readonly Args[];
}

interface KnownDocument {
  readonly number: number;
  /** The variables of `@skip` and `@include`. */
  readonly conditions: readonly string[];
}

/** Each variable of `@skip` or `@include` doubles what there is to prepare. */
const MAX_CONDITIONS = 6;
/** What all prepared operations may take, also of documents made up to fill it. */
const MAX_BYTES = 32_000_000;
const FIELD_BYTES = 800;
/** Of the text of a document: the nodes of a field keep all of the parsed document in memory, 110 to 180 bytes for each character. */
const CHARACTER_BYTES = 150;

/**
 * Prepares operations that consist of lookups, once for each document: its root fields and the fields of their users, with resolvers and
 * leaf types. Variables and arguments are read by graphql-js' own functions for each request.
 * @returns `bind` binds the operation of a valid document to the variables of a request: `undefined` for what graphql-js has to execute,
 *   or to reject. `clear` drops all that was prepared, and the documents with it.
 */
export function createPreparedOperations(schema: GraphQLSchema, maxIdentifiers: number) {
  const known = new WeakMap<DocumentNode, KnownDocument>();
  let documents = 0;
  const prepared = new LRUCache<string, { readonly fields: PreparedFields | undefined }>({ maxSize: MAX_BYTES });

  return { bind, clear: () => prepared.clear() };

  function bind(
    document: DocumentNode,
    operationName: string | undefined,
    raw: Readonly<Variables>,
  ): BoundOperation | undefined {
    const operation = getOperationAST(document, operationName);
    if (operation?.operation !== OperationTypeNode.QUERY || numericIdentifiers(operation, raw).length > 0)
      return undefined;
    const { variableDefinitions = [] } = operation;
    // graphql-js would set the prototype.
    if (variableDefinitions.some(({ variable }) => variable.name.value === '__proto__')) return undefined;
    const { coerced } = getVariableValues(schema, variableDefinitions, raw, { maxErrors: 1 });
    const fields = coerced && fieldsFor(document, operation, coerced);
    if (!coerced || !fields) return undefined;
    try {
      const calls: UserCall[] = [];
      for (const field of fields) {
        if ('typename' in field) continue;
        const leafArgs = field.leaves.map(({ readArgs }) => readArgs(coerced));
        calls.push({ field, naming: field.naming, args: field.readArgs(coerced), leafArgs });
      }
      const named = sumSizes(calls);
      return exceededLimits(named, maxIdentifiers).length > 0 ? undefined : { fields, calls, named };
    } catch (error) {
      if (error instanceof GraphQLError) return undefined;
      throw error;
    }
  }

  function fieldsFor(document: DocumentNode, operation: OperationDefinitionNode, variables: Variables) {
    let cached = known.get(document);
    if (!cached) {
      cached = { number: documents++, conditions: conditionsIn(document) };
      known.set(document, cached);
    }
    const { number, conditions } = cached;
    if (conditions.length > MAX_CONDITIONS) return undefined;
    const key = `${number} ${operation.name?.value ?? ''} ${conditions.map((name) => String(variables[name])).join()}`;
    const entry = prepared.get(key);
    if (entry) return entry.fields;
    const fields = prepareFields(schema, document, operation, variables);
    prepared.set(key, { fields }, { size: bytesOf(document, fields) });
    return fields;
  }
}

export type PreparedOperations = ReturnType<typeof createPreparedOperations>;

/** An operation that is not prepared keeps nothing of its document. */
const bytesOf = ({ loc }: DocumentNode, fields: PreparedFields | undefined): number =>
  (fields ?? []).reduce(
    (sum, field) => sum + FIELD_BYTES * ('leaves' in field ? 1 + field.leaves.length : 1),
    FIELD_BYTES + (fields ? CHARACTER_BYTES * (loc?.source.body.length ?? 0) : 0),
  );

/** The variables of `@skip` and `@include`. */
function conditionsIn(document: DocumentNode): readonly string[] {
  const names = new Set<string>();
  visit(document, {
    Directive({ arguments: given = [] }: DirectiveNode) {
      for (const { value } of given) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}

/** @returns the data of the operation, and its errors where they belong, not yet masked. */
export function makeData(
  { fields, calls }: BoundOperation,
  results: readonly (readonly LookupResult[])[],
  context: UserContext,
): { data: Variables; errors: GraphQLError[] } {
  const data: Variables = {};
  const errors: GraphQLError[] = [];
  let next = 0;
  for (const field of fields) {
    const { responseName } = field;
    if ('typename' in field) {
      data[responseName] = field.typename;
      continue;
    }
    const { leafArgs } = calls[next] as UserCall;
    const found = results[next++] ?? [];
    if (!field.isList) {
      data[responseName] = userValue(found[0] ?? null, field, leafArgs, context, undefined, errors);
      continue;
    }
    const values: (Variables | null)[] = [];
    for (let index = 0; index < found.length; index++) {
      values.push(userValue(found[index] ?? null, field, leafArgs, context, index, errors));
    }
    data[responseName] = values;
  }
  return { data, errors };
}

function userValue(
  user: LookupResult,
  { responseName, nodes, leaves }: UserField,
  leafArgs: readonly Args[],
  context: UserContext,
  index: number | undefined,
  errors: GraphQLError[],
): Variables | null {
  if (user === null) return null;
  if (user instanceof GatewayError) {
    errors.push(locatedError(user, nodes, pathOf(responseName, index)));
    return null;
  }
  const value: Variables = {};
  for (let at = 0; at < leaves.length; at++) {
    const leaf = leaves[at] as LeafField;
    try {
      const { resolve, property, info } = leaf;
      const resolved = (resolve ? resolve(user, leafArgs[at] as Args, context, info) : user[property]) ?? null;
      if (resolved === null && leaf.isNonNull) throw new TypeError('Cannot return null for a non-nullable field.');
      const isFinal = resolved === null || (leaf.isText && typeof resolved === 'string');
      value[leaf.responseName] = isFinal ? resolved : leaf.type.serialize(resolved);
    } catch (error) {
      errors.push(locatedError(error, leaf.nodes, [...pathOf(responseName, index), leaf.responseName]));
      if (leaf.isNonNull) return null;
      value[leaf.responseName] = null;
    }
  }
  return value;
}

/** @param index in a list. */
const pathOf = (responseName: string, index: number | undefined): Path =>
  index === undefined ? [responseName] : [responseName, index];
