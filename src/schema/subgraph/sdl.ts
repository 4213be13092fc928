import {
  type FieldDefinitionNode,
  type GraphQLSchema,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  print,
  printSchema,
} from 'graphql';

/** The schema as text, for composition into a supergraph. */
export interface SubgraphSdl {
  /** Apollo Federation 2: the value of `_service { sdl }`. */
  readonly federation: string;
  /** Schema stitching, with the directives of @graphql-tools/stitching-directives: the value of `_sdl`. */
  readonly stitching: string;
}

/** Directives of a type or a field. */
type Applied = Readonly<Record<string, string>>;

/** Hides `_sdl` in a supergraph, and allows another subgraph to define one as well. */
const SDL_FIELD = 'extend type Query { _sdl: String! @inaccessible @shareable }';

/** `@tag` is imported for users who add tags to this SDL. */
const FEDERATION =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable", "@inaccessible", "@tag"])';

const STITCHING = 'directive @merge(keyField: String, keyArg: String) on FIELD_DEFINITION';

/** For the caches of clients without a supergraph. The key fields identify a user in a supergraph, where another service may define an `id`. */
const NOT_IN_SUPERGRAPHS: ReadonlySet<string> = new Set(['User.id']);

/**
 * Nullable in a supergraph, though not here. Routers make an object of the reference of another service even where the user does
 * not exist. A non-null field without a value would then turn the whole user into `null`, with an error or without.
 */
const NULLABLE_IN_SUPERGRAPHS: ReadonlySet<string> = new Set(['User.key', 'User.status']);
const WHERE_MISSING = '`null` only where another service of a supergraph refers to a user that does not exist.';

/**
 * Printed from the schema without its subgraph fields: `printSchema` of graphql-js, and directives put where they belong, since it
 * leaves them out.
 */
export function subgraphSdl(api: GraphQLSchema): SubgraphSdl {
  const text = printSchema(api);
  return {
    federation: [
      FEDERATION,
      withDirectives(text, { User: '@key(fields: "key") @key(fields: "outId") @key(fields: "email")' }),
      print(parse(SDL_FIELD)),
    ].join('\n\n'),
    stitching: [
      STITCHING,
      withDirectives(text, {
        'Query.users': '@merge(keyField: "key", keyArg: "keys")',
        'Query.usersByOutId': '@merge(keyField: "outId", keyArg: "outIds")',
        'Query.usersByEmail': '@merge(keyField: "email", keyArg: "emails")',
      }),
    ].join('\n\n'),
  };
}

/** @param applied by type, or by type and field with a dot between. */
function withDirectives(sdl: string, applied: Applied): string {
  const directivesOf = (name: string) => {
    const [type] = parse(`type T ${applied[name] ?? ''}`).definitions as readonly ObjectTypeDefinitionNode[];
    return type?.directives ?? [];
  };
  const document = parse(sdl);
  return print({
    ...document,
    definitions: document.definitions.map((definition) => {
      if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) return definition;
      const type = definition.name.value;
      const fields = (definition.fields ?? []).flatMap((field): FieldDefinitionNode[] => {
        const name = `${type}.${field.name.value}`;
        return NOT_IN_SUPERGRAPHS.has(name) ? [] : [{ ...loosened(field, name), directives: directivesOf(name) }];
      });
      return { ...definition, directives: directivesOf(type), fields };
    }),
  });
}

/** @param name of its type, a dot, and its own. */
function loosened(field: FieldDefinitionNode, name: string): FieldDefinitionNode {
  if (field.type.kind !== Kind.NON_NULL_TYPE || !NULLABLE_IN_SUPERGRAPHS.has(name)) return field;
  const description = [field.description?.value, WHERE_MISSING].filter((text) => text !== undefined).join(' ');
  return { ...field, type: field.type.type, description: { kind: Kind.STRING, value: description, block: true } };
}
