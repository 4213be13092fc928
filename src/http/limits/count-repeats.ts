import { type DocumentNode, Kind, type SelectionSetNode } from 'graphql';

/** The fields of one response name in one place of the answer. */
interface Group {
  count: number;
  readonly sets: SelectionSetNode[];
}

/**
 * How often the most repeated response name stands in one place of the answer, once all that graphql-js will merge is merged.
 * @param document without cycles, its selections counted: they are expanded here.
 */
export function countRepeats({ definitions }: DocumentNode): number {
  const fragments = new Map<string, SelectionSetNode>();
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition.selectionSet);
  }
  let most = 0;
  for (const definition of definitions) if ('selectionSet' in definition) inPlace([definition.selectionSet]);
  return most;

  function inPlace(sets: readonly (SelectionSetNode | undefined)[]): void {
    const groups = new Map<string, Group>();
    for (const set of sets) collect(set, groups);
    for (const group of groups.values()) {
      most = Math.max(most, group.count);
      if (group.sets.length > 0) inPlace(group.sets);
    }
  }

  function collect(set: SelectionSetNode | undefined, groups: Map<string, Group>): void {
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet, groups);
      else if (selection.kind === Kind.FRAGMENT_SPREAD) collect(fragments.get(selection.name.value), groups);
      else {
        const responseName = (selection.alias ?? selection.name).value;
        const group = groups.get(responseName) ?? { count: 0, sets: [] };
        groups.set(responseName, group);
        group.count++;
        if (selection.selectionSet) group.sets.push(selection.selectionSet);
      }
    }
  }
}
