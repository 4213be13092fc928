import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  GraphQLIncludeDirective,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getArgumentValues,
  getDirectiveValues,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** What an operation asks for, over all its fields, lists and fragments. */
export interface Named {
  /** How many identifiers it names, repeats included. */
  readonly identifiers: number;
  /** How many values its answer can hold: the fields that are selected of each person. */
  readonly values: number;
  /** How many of the values are e-mail addresses. */
  readonly addresses: number;
  readonly tenants: ReadonlySet<string>;
}

/** Walks the root selection as graphql-js will when it executes, each fragment once, so a fragment bomb costs nothing. */
export function namedIn(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): Named {
  const fields = schema.getRootType(operation.operation)?.getFields() ?? {};
  const seenFragments = new Set<string>();
  const seenResponseKeys = new Set<string>();
  const tenants = new Set<string>();
  let [identifiers, values, addresses] = [0, 0, 0];
  inSelectionSet(operation.selectionSet);
  return { identifiers, values, addresses, tenants };

  function inSelectionSet({ selections }: SelectionSetNode): void {
    for (const selection of selections) if (isIncluded(selection)) inSelection(selection);
  }

  function inSelection(selection: SelectionNode): void {
    if (selection.kind === Kind.FIELD) inField(selection);
    else if (selection.kind === Kind.INLINE_FRAGMENT) inSelectionSet(selection.selectionSet);
    else inFragment(selection);
  }

  function inFragment(spread: FragmentSpreadNode): void {
    if (seenFragments.has(spread.name.value)) return;
    seenFragments.add(spread.name.value);
    const { selectionSet } = fragment(spread) ?? {};
    if (selectionSet) inSelectionSet(selectionSet);
  }

  function fragment({ name }: FragmentSpreadNode): FragmentDefinitionNode | undefined {
    return document.definitions.find(
      (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name.value,
    ) as FragmentDefinitionNode | undefined;
  }

  function inField(node: FieldNode): void {
    const field = fields[node.name.value];
    if (!field?.extensions.countIdentifiers) return;
    const args = getArgumentValues(field, node, variables);
    const count = field.extensions.countIdentifiers(args);
    const selected = fieldsIn(node.selectionSet);
    values += count * selected.length;
    addresses += count * selected.filter((name) => name === 'email').length;
    // Twins are merged: their people are looked up once, whatever each wants of them.
    const responseKey = node.alias?.value ?? node.name.value;
    if (seenResponseKeys.has(responseKey)) return;
    seenResponseKeys.add(responseKey);
    identifiers += count;
    const tenant = field.extensions.tenantKeyOf?.(args);
    if (tenant !== undefined) tenants.add(tenant);
  }

  /** The names of all fields of one person, those of fragments included. The limits of documents keep this short. */
  function fieldsIn(set: SelectionSetNode | undefined): string[] {
    return (set?.selections ?? []).flatMap((selection) => {
      if (selection.kind === Kind.FIELD) return [selection.name.value];
      if (selection.kind === Kind.INLINE_FRAGMENT) return fieldsIn(selection.selectionSet);
      return fieldsIn(fragment(selection)?.selectionSet);
    });
  }

  function isIncluded(node: SelectionNode): boolean {
    return (
      getDirectiveValues(GraphQLSkipDirective, node, variables)?.if !== true &&
      getDirectiveValues(GraphQLIncludeDirective, node, variables)?.if !== false
    );
  }
}
