import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  GraphQLID,
  GraphQLIncludeDirective,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  GraphQLSkipDirective,
  GraphQLString,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  getNullableType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  TypeNameMetaFieldDef,
  typeFromAST,
  visit,
} from 'graphql';
import type { UserContext } from '../schema/builder.ts';
import { type LookupField, lookupFields } from '../schema/operation-size.ts';
import { selectedFields } from '../schema/subgraph/selected-fields.ts';
import type { LarkUser } from '../upstream/lark-user.ts';

export type Variables = Record<string, unknown>;
export type Args = Readonly<Variables>;

export interface TypenameField {
  readonly responseName: string;
  readonly typename: string;
}

/** A root field that looks users up. */
export interface UserField {
  readonly responseName: string;
  readonly nodes: readonly FieldNode[];
  readonly naming: LookupField;
  readonly readArgs: ReadArgs;
  readonly isList: boolean;
  readonly leaves: readonly LeafField[];
  /** The names of the fields that are selected of each user, whatever their conditions. */
  selected(): ReadonlySet<string>;
}

/** A field of a user. */
export interface LeafField {
  readonly responseName: string;
  readonly nodes: readonly FieldNode[];
  readonly readArgs: ReadArgs;
  readonly type: GraphQLLeafType;
  /** True for String and ID, which serialize a string to itself. */
  readonly isText: boolean;
  readonly isNonNull: boolean;
  /** What the field reads, where it has no resolver. */
  readonly property: keyof LarkUser;
  /** The resolver of the schema. None of a user's fields returns a promise. */
  readonly resolve:
    | ((user: LarkUser, args: Args, context: UserContext, info: GraphQLResolveInfo) => unknown)
    | undefined;
  /** What the resolvers read of it: the parent type. */
  readonly info: GraphQLResolveInfo;
}

export type PreparedFields = readonly (UserField | TypenameField)[];

/** @throws GraphQLError where a variable does not fit its argument. */
type ReadArgs = (variables: Variables) => Args;

/** Thrown for what is not prepared, but left to graphql-js. */
class NotPrepared extends Error {}

interface Scope {
  readonly schema: GraphQLSchema;
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
  /** Coerced. Only those of `@skip` and `@include` count. */
  readonly variables: Variables;
}

/** @returns `undefined` where it selects what is not prepared. */
export function prepareFields(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): PreparedFields | undefined {
  const query = schema.getQueryType();
  if (!query) return undefined;
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  }
  const scope = { schema, fragments, variables };
  try {
    const named = lookupFields(schema, document, operation, variables);
    const naming = new Map(named.map((field) => [field.responseName, field]));
    return [...collectFields(scope, query, [operation.selectionSet])].map(([responseName, nodes]) =>
      nodes[0]?.name.value === TypeNameMetaFieldDef.name
        ? { responseName, typename: query.name }
        : prepareUserField(scope, naming.get(responseName), responseName, nodes),
    );
  } catch (error) {
    if (error instanceof NotPrepared || error instanceof GraphQLError) return undefined;
    throw error;
  }
}

function prepareUserField(
  scope: Scope,
  naming: LookupField | undefined,
  responseName: string,
  nodes: readonly FieldNode[],
): UserField {
  if (!naming?.field.extensions.requestedUsers) throw new NotPrepared();
  const { field, node } = naming;
  const type = getNullableType(field.type);
  const isList = isListType(type);
  // Where a user may not be null, a failure takes more than its own field.
  if (isNonNullType(isList ? type.ofType : field.type)) throw new NotPrepared();
  const { fragments } = scope;
  let selected: ReadonlySet<string> | undefined;
  return {
    responseName,
    nodes,
    naming,
    readArgs: readerOf(field, node),
    isList,
    leaves: prepareLeaves(scope, objectOf(field.type), nodes),
    selected() {
      selected ??= selectedFields({ fieldNodes: nodes, fragments });
      return selected;
    },
  };
}

function prepareLeaves(scope: Scope, type: GraphQLObjectType, parents: readonly FieldNode[]): LeafField[] {
  const sets = parents.map(({ selectionSet }) => selectionSet);
  return [...collectFields(scope, type, sets)].map(([responseName, nodes]) => {
    const [node] = nodes;
    const name = node?.name.value ?? '';
    const field = name === TypeNameMetaFieldDef.name ? TypeNameMetaFieldDef : type.getFields()[name];
    const leafType = field && getNullableType(field.type);
    if (!node || !field || !isLeafType(leafType)) throw new NotPrepared();
    const readArgs = readerOf(field, node);
    return {
      responseName,
      nodes,
      readArgs,
      type: leafType,
      isText: leafType === GraphQLString || leafType === GraphQLID,
      isNonNull: isNonNullType(field.type),
      property: name as keyof LarkUser,
      resolve: field.resolve,
      info: { parentType: type } as GraphQLResolveInfo,
    };
  });
}

/** The arguments of a field. Without variables in them they are the same for each request. */
function readerOf(field: GraphQLField<unknown, unknown>, node: FieldNode): ReadArgs {
  let hasVariables = false;
  for (const argument of node.arguments ?? []) {
    visit(argument, {
      Variable() {
        hasVariables = true;
      },
    });
  }
  if (hasVariables) return (variables) => getArgumentValues(field, node, variables);
  const constant = getArgumentValues(field, node);
  return () => constant;
}

/** A union of one type is that type. */
function objectOf(output: GraphQLOutputType): GraphQLObjectType {
  const type = getNamedType(output);
  const [only, ...others] = isUnionType(type) ? type.getTypes() : [type];
  if (!isObjectType(only) || others.length > 0) throw new NotPrepared();
  return only;
}

/** The fields of an object by response name, in the order of the response, as graphql-js collects them: it does not export that. */
function collectFields(
  { schema, fragments, variables }: Scope,
  type: GraphQLObjectType,
  sets: readonly (SelectionSetNode | undefined)[],
): ReadonlyMap<string, readonly FieldNode[]> {
  const collected = new Map<string, FieldNode[]>();
  const seen = new Set<string>();
  for (const set of sets) if (set) collect(set);
  return collected;

  function collect({ selections }: SelectionSetNode): void {
    for (const selection of selections) {
      if (!isIncluded(selection)) continue;
      if (selection.kind === Kind.FIELD) add(selection);
      else if (selection.kind === Kind.INLINE_FRAGMENT) enter(selection);
      else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value);
        const fragment = fragments[selection.name.value];
        if (fragment) enter(fragment);
      }
    }
  }

  function add(node: FieldNode): void {
    const responseName = (node.alias ?? node.name).value;
    // An object takes that name for something else.
    if (responseName === '__proto__') throw new NotPrepared();
    const nodes = collected.get(responseName);
    if (nodes) nodes.push(node);
    else collected.set(responseName, [node]);
  }

  function enter({
    typeCondition,
    selectionSet,
  }: Pick<FragmentDefinitionNode, 'selectionSet'> & {
    readonly typeCondition?: FragmentDefinitionNode['typeCondition'] | undefined;
  }): void {
    const wanted = typeCondition && typeFromAST(schema, typeCondition);
    if (!wanted || wanted === type || (isAbstractType(wanted) && schema.isSubType(wanted, type))) collect(selectionSet);
  }

  function isIncluded(node: SelectionNode): boolean {
    return (
      getDirectiveValues(GraphQLSkipDirective, node, variables)?.if !== true &&
      getDirectiveValues(GraphQLIncludeDirective, node, variables)?.if !== false
    );
  }
}
