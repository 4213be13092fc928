import {
  type FieldNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  type InlineFragmentNode,
  isAbstractType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  typeFromAST,
} from 'graphql';

/** What the selections of a document are read with. */
export interface SelectionScope {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Coerced. Only those that include or skip something count. */
  readonly variables: Record<string, unknown>;
}

/**
 * The fields of an object by response name, in the order of its answer: what graphql-js does when it executes, which it does not
 * export.
 */
export function collectFields(
  { schema, fragments, variables }: SelectionScope,
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
      else spread(selection);
    }
  }

  function add(field: FieldNode): void {
    const responseName = (field.alias ?? field.name).value;
    const twins = collected.get(responseName);
    if (twins) twins.push(field);
    else collected.set(responseName, [field]);
  }

  function spread({ name }: FragmentSpreadNode): void {
    const fragment = fragments.get(name.value);
    if (!fragment || seen.has(name.value)) return;
    seen.add(name.value);
    enter(fragment);
  }

  function enter({ typeCondition, selectionSet }: InlineFragmentNode | FragmentDefinitionNode): void {
    const wanted = typeCondition && typeFromAST(schema, typeCondition);
    const applies = !wanted || wanted === type || (isAbstractType(wanted) && schema.isSubType(wanted, type));
    if (applies) collect(selectionSet);
  }

  function isIncluded(node: SelectionNode): boolean {
    return (
      getDirectiveValues(GraphQLSkipDirective, node, variables)?.if !== true &&
      getDirectiveValues(GraphQLIncludeDirective, node, variables)?.if !== false
    );
  }
}
