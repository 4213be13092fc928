import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  TypeNameMetaFieldDef,
} from 'graphql';
import { type NamingField, namingFields } from '../schema/named-in-operation.ts';
import { selectedFields } from '../schema/subgraph/selected-fields.ts';
import type { Person } from '../upstream/person.ts';
import { planArguments, planArgumentsOfAll, type ReadArguments } from './arguments.ts';
import { collectFields, type SelectionScope } from './collect-fields.ts';

/** The fields of an answer, in its order. What `@include` and `@skip` leave out is not among them. */
export type RootSelection = readonly (PeopleField | RootTypename)[];

export interface RootTypename {
  readonly responseName: string;
  readonly head: string;
  readonly typename: string;
}

/** A field that looks people up. */
export interface PeopleField {
  readonly responseName: string;
  /** What JSON says before its value. */
  readonly head: string;
  readonly naming: NamingField;
  readonly nodes: readonly FieldNode[];
  readonly readArguments: ReadArguments;
  readonly isList: boolean;
  /** The names of the fields that are selected of each person, whatever their conditions. */
  wanted(): ReadonlySet<string>;
  /** Whether the fields of a person do the same with texts as they are written. */
  readonly handsOnTexts: boolean;
  readonly person: readonly PersonField[];
  /** Of the fields of a person, in their order. */
  readonly readPersonArguments: ReturnType<typeof planArgumentsOfAll>;
}

/** One field of a person. */
export interface PersonField {
  readonly responseName: string;
  readonly heads: ValueHeads;
  readonly nodes: readonly FieldNode[];
  readonly isNonNull: boolean;
  readonly leaf: GraphQLLeafType;
  /** The resolver of the schema. None of a person's fields waits for anything. */
  resolve(person: Person, args: unknown, context: unknown): unknown;
}

/** What JSON says from the end of the value before to the text of a value, or to the end of a null. */
export interface ValueHeads {
  readonly text: string;
  readonly textAfterText: string;
  readonly null: string;
  readonly nullAfterText: string;
}

/** Thrown for what is not planned here. */
class NotPlanned extends Error {}

/** @returns `undefined` where not all that is selected is planned here. */
export function planSelection(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): RootSelection | undefined {
  const query = schema.getQueryType();
  if (!query) return undefined;
  const scope = { schema, fragments: fragmentsOf(document), variables };
  try {
    const named = namingFields(schema, document, operation, variables);
    const naming = new Map(named.map((field) => [field.responseName, field]));
    return [...collectFields(scope, query, [operation.selectionSet])].map(([responseName, nodes]) =>
      nodes[0]?.name.value === '__typename'
        ? { ...namedInAnswer(responseName), typename: query.name }
        : planPeople(scope, naming.get(responseName), responseName, nodes),
    );
  } catch (error) {
    if (error instanceof NotPlanned || error instanceof GraphQLError) return undefined;
    throw error;
  }
}

function planPeople(
  scope: SelectionScope,
  naming: NamingField | undefined,
  responseName: string,
  nodes: readonly FieldNode[],
): PeopleField {
  if (!naming?.field.extensions.asksFor) throw new NotPlanned();
  const { field, node } = naming;
  const type = getNullableType(field.type);
  const isList = isListType(type);
  // Null where somebody has to be would take more than its own place.
  if (isNonNullType(isList ? type.ofType : field.type)) throw new NotPlanned();
  return {
    ...namedInAnswer(responseName),
    naming,
    nodes,
    readArguments: planArguments(field, node),
    isList,
    wanted: planWanted(nodes, scope.fragments),
    ...planPerson(scope, objectOf(field.type), nodes),
  };
}

/** Apart from the scope: what is planned outlives the request whose variables are in it. */
function planWanted(nodes: readonly FieldNode[], fragments: SelectionScope['fragments']): PeopleField['wanted'] {
  let wanted: ReadonlySet<string> | undefined;
  return () => {
    wanted ??= selectedFields({ fieldNodes: nodes, fragments: Object.fromEntries(fragments) });
    return wanted;
  };
}

function planPerson(
  scope: SelectionScope,
  type: GraphQLObjectType,
  nodes: readonly FieldNode[],
): Pick<PeopleField, 'handsOnTexts' | 'person' | 'readPersonArguments'> {
  const sets = nodes.map(({ selectionSet }) => selectionSet);
  const fields = [...collectFields(scope, type, sets)].map(([responseName, ownNodes]) => {
    const [node] = ownNodes;
    const field = node && fieldOf(type, node.name.value);
    const leaf = field && getNullableType(field.type);
    if (!node || !field || !isLeafType(leaf)) throw new NotPlanned();
    return { ...namedInAnswer(responseName), nodes: ownNodes, node, field, leaf };
  });
  return {
    handsOnTexts: type.extensions.handsOnTexts === true,
    person: fields.map(({ responseName, head, nodes: ownNodes, field, leaf }, index) => ({
      responseName,
      heads: headsOf(`${index === 0 ? '{' : ','}${head}`),
      nodes: ownNodes,
      isNonNull: isNonNullType(field.type),
      leaf,
      resolve: resolverOf(field, type),
    })),
    readPersonArguments: planArgumentsOfAll(fields),
  };
}

const fieldOf = (type: GraphQLObjectType, name: string): GraphQLField<unknown, unknown> | undefined =>
  name === TypeNameMetaFieldDef.name ? TypeNameMetaFieldDef : type.getFields()[name];

/** As graphql-js does: without one of its own, the property of the same name. */
function resolverOf(
  { name, resolve }: GraphQLField<unknown, unknown>,
  parentType: GraphQLObjectType,
): PersonField['resolve'] {
  if (!resolve) return (person) => person[name as keyof Person];
  const info = { parentType } as Parameters<typeof resolve>[3];
  return (person, args, context) => resolve(person, args, context, info);
}

/** A union of one type is that type. */
function objectOf(output: GraphQLOutputType): GraphQLObjectType {
  const type = getNamedType(output);
  const [only, ...others] = isUnionType(type) ? type.getTypes() : [type];
  if (!isObjectType(only) || others.length > 0) throw new NotPlanned();
  return only;
}

const headsOf = (head: string): ValueHeads => ({
  text: `${head}"`,
  textAfterText: `"${head}"`,
  null: `${head}null`,
  nullAfterText: `"${head}null`,
});

/** @throws NotPlanned for the one name that means something else to an object. */
function namedInAnswer(responseName: string): Pick<PeopleField, 'responseName' | 'head'> {
  if (responseName === '__proto__') throw new NotPlanned();
  return { responseName, head: `"${responseName}":` };
}

function fragmentsOf({ definitions }: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  return fragments;
}
