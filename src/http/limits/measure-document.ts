import {
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { DocumentSize } from './document-limits.ts';

type Definitions = Pick<DocumentSize, 'operations' | 'fragments'>;
type Measured = Omit<DocumentSize, keyof Definitions | 'characters' | 'lines' | 'tokens' | 'nesting' | 'repeats'>;

/** How far a selection set reaches, with what its fragments hold. */
interface Extent {
  readonly selections: number;
  readonly depth: number;
  /** Directly in the set, or in its fragments. */
  readonly fields: number;
}

const NOTHING: Extent = { selections: 0, depth: 0, fields: 0 };

export function countDefinitions({ definitions }: DocumentNode): Definitions {
  const countOf = (kind: Kind) => definitions.filter((definition) => definition.kind === kind).length;
  return { operations: countOf(Kind.OPERATION_DEFINITION), fragments: countOf(Kind.FRAGMENT_DEFINITION) };
}

/**
 * Counts in one pass over what is written: each fragment is measured once, however often and deeply it is spread, so that a
 * document which comes to millions of fields is known for what it is without expanding it.
 * @param document with so few fragments and brackets that they can be followed by recursion.
 * @throws GraphQLError for fragments that spread themselves, as the validation of graphql-js would.
 */
export function measureDocument({ definitions }: DocumentNode): Measured {
  const operations = definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const fragments = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  const fragmentsByName = new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
  const known = new Map<FragmentDefinitionNode, Extent | 'being measured'>();
  let [aliases, directives, directivesInOnePlace] = [0, 0, 0];

  const ofOperations = operations.map(extentOfOperation);
  const all = [...ofOperations, ...fragments.map(extentOfFragment)];
  return {
    aliases,
    directives,
    directivesInOnePlace,
    depth: Math.max(0, ...all.map(({ depth }) => depth)),
    rootFields: Math.max(0, ...ofOperations.map(({ fields }) => fields)),
    selections: all.reduce((sum, { selections }) => sum + selections, 0),
  };

  function extentOfOperation({ directives: own, variableDefinitions, selectionSet }: OperationDefinitionNode): Extent {
    countDirectives(own);
    for (const definition of variableDefinitions ?? []) countDirectives(definition.directives);
    return extentOfSet(selectionSet);
  }

  function extentOfFragment(fragment: FragmentDefinitionNode): Extent {
    const found = known.get(fragment);
    if (found === 'being measured') throw spreadsItself(fragment);
    if (found) return found;
    known.set(fragment, 'being measured');
    countDirectives(fragment.directives);
    const extent = extentOfSet(fragment.selectionSet);
    known.set(fragment, extent);
    return extent;
  }

  function extentOfSet(set: SelectionSetNode): Extent {
    let { selections, depth, fields } = NOTHING;
    for (const selection of set.selections) {
      countDirectives(selection.directives);
      const inner = insideOf(selection);
      const isField = selection.kind === Kind.FIELD;
      if (isField && selection.alias) aliases++;
      selections += 1 + inner.selections;
      depth = Math.max(depth, isField ? 1 + inner.depth : inner.depth);
      fields += isField ? 1 : inner.fields;
    }
    return { selections, depth, fields };
  }

  function insideOf(selection: SelectionNode): Extent {
    if (selection.kind !== Kind.FRAGMENT_SPREAD) {
      return selection.selectionSet ? extentOfSet(selection.selectionSet) : NOTHING;
    }
    const fragment = fragmentsByName.get(selection.name.value);
    // A spread of what is not there is for the validation to tell.
    return fragment ? extentOfFragment(fragment) : NOTHING;
  }

  function countDirectives(here: readonly DirectiveNode[] = []): void {
    directives += here.length;
    directivesInOnePlace = Math.max(directivesInOnePlace, here.length);
  }
}

const spreadsItself = (fragment: FragmentDefinitionNode) =>
  new GraphQLError(`Cannot spread fragment "${fragment.name.value}" within itself.`, {
    nodes: fragment,
    extensions: { code: 'GRAPHQL_VALIDATION_FAILED', http: { status: 400, spec: true } },
  });
