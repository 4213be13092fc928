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

/** One root field that names identifiers; twins of the same response name, which are merged, are one. */
export interface NamingField {
  readonly field: GraphQLField<unknown, unknown>;
  /** The first of the twins. Validation sees to it that all have the same arguments. */
  readonly node: FieldNode;
  readonly responseName: string;
  /** How many fields are selected of each person, over all twins. */
  values: number;
  /** How many of them are the e-mail address. */
  addresses: number;
}

/** @param variables coerced. */
export function namedIn(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): Named {
  const fields = namingFields(schema, document, operation, variables);
  return sumNamed(fields.map((naming) => ({ naming, args: getArgumentValues(naming.field, naming.node, variables) })));
}

/** A call of a field that names identifiers. */
export interface NamingCall {
  readonly naming: NamingField;
  /** Coerced. */
  readonly args: Readonly<Record<string, unknown>>;
}

export function sumNamed(calls: readonly NamingCall[]): Named {
  let [identifiers, values, addresses] = [0, 0, 0];
  const tenants = new Set<string>();
  for (const { naming, args } of calls) {
    const { countIdentifiers, tenantKeyOf } = naming.field.extensions;
    // Of twins the people are looked up once, whatever each wants of them.
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
 * Walks the root selection as graphql-js will when it executes, each fragment once, so a fragment bomb costs nothing.
 * @param variables coerced. Only those that include or skip something count.
 */
export function namingFields(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): NamingField[] {
  const fields = schema.getRootType(operation.operation)?.getFields() ?? {};
  const seenFragments = new Set<string>();
  const naming = new Map<string, NamingField>();
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
