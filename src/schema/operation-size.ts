import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  type GraphQLField,
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

/** The size of an operation, over all its fields, lists and fragments. */
export interface OperationSize {
  /** How many identifiers it has, duplicates included. */
  readonly identifiers: number;
  /** How many values its response can have: the fields that are selected of each user. */
  readonly values: number;
  /** How many of the values are e-mail addresses. */
  readonly addresses: number;
  readonly tenants: ReadonlySet<string>;
}

/** One root field with identifiers; fields of the same response name are merged, and count once. */
export interface LookupField {
  readonly field: GraphQLField<unknown, unknown>;
  /** The first of the merged fields. Validation ensures that all have the same arguments. */
  readonly node: FieldNode;
  readonly responseName: string;
  /** How many fields are selected of each user, over all merged fields. */
  values: number;
  /** How many of them are the e-mail address. */
  addresses: number;
}

/** @param variables coerced. */
export function measureOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): OperationSize {
  const fields = lookupFields(schema, document, operation, variables);
  return sumSizes(fields.map((naming) => ({ naming, args: getArgumentValues(naming.field, naming.node, variables) })));
}

/** A lookup field with its arguments. */
export interface LookupCall {
  readonly naming: LookupField;
  /** Coerced. */
  readonly args: Readonly<Record<string, unknown>>;
}

export function sumSizes(calls: readonly LookupCall[]): OperationSize {
  let [identifiers, values, addresses] = [0, 0, 0];
  const tenants = new Set<string>();
  for (const { naming, args } of calls) {
    const { countIdentifiers, tenantKeyOf } = naming.field.extensions;
    // Merged fields look each user up once.
    const count = countIdentifiers?.(args) ?? 0;
    identifiers += count;
    values += count * naming.values;
    addresses += count * naming.addresses;
    const tenant = tenantKeyOf?.(args);
    if (tenant !== undefined) tenants.add(tenant);
  }
  return { identifiers, values, addresses, tenants };
}

/**
 * Walks the root selection as graphql-js does when it executes, each fragment once, so a fragment bomb costs nothing.
 * @param variables coerced. Only those that include or skip something count.
 */
export function lookupFields(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): LookupField[] {
  const fields = schema.getRootType(operation.operation)?.getFields() ?? {};
  const seenFragments = new Set<string>();
  const naming = new Map<string, LookupField>();
  inSelectionSet(operation.selectionSet);
  return [...naming.values()];

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
    const responseName = node.alias?.value ?? node.name.value;
    const merged = naming.get(responseName) ?? { field, node, responseName, values: 0, addresses: 0 };
    naming.set(responseName, merged);
    const selected = fieldsIn(node.selectionSet);
    merged.values += selected.length;
    merged.addresses += selected.filter((name) => name === 'email').length;
  }

  /** The names of all fields of one user, those of fragments included. The document limits bound this list. */
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
