import {
  type ASTVisitor,
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  Lexer,
  type OperationDefinitionNode,
  type ParseOptions,
  parse,
  type SelectionNode,
  type SelectionSetNode,
  Source,
  TokenKind,
  type ValidationContext,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { badRequest } from '../refusal.ts';

/** What is measured of a document before graphql-js validates it. */
interface DocumentSize {
  readonly characters: number;
  readonly lines: number;
  /** Names, values and punctuation; comments and commas are none. */
  readonly tokens: number;
  /** Brackets of any kind inside each other. */
  readonly nesting: number;
  readonly operations: number;
  readonly fragments: number;
  /** As written. */
  readonly aliases: number;
  /** As written. */
  readonly directives: number;
  readonly directivesInOnePlace: number;
  /** Fields inside each other, through fragments. */
  readonly depth: number;
  /** Of the operation that has most, with those of its fragments. */
  readonly rootFields: number;
  /** Fields, spreads and inline fragments of all definitions; what a fragment holds counts wherever it is spread. */
  readonly selections: number;
  /** One response name in the same place of the response: graphql-js compares each with each. */
  readonly repeats: number;
}

interface DocumentLimit {
  readonly most: number;
  /** Completes "A document may have at most 64 …". */
  readonly what: string;
  readonly advice: string;
}

const SPLIT = 'Split it.';
const USE_VARIABLES = 'Split it, or pass lists as variables.';

/**
 * The most that a document may have. The introspection query of tools needs a depth of 15 and 489 selections; 50 people under
 * aliases with every field take 600 selections. Each limit bounds a cost of its own: the most expensive document found within all of
 * them, 64 users with 64 times the same field, takes some 80 ms, as do 1,000 malformed identifiers.
 */
const DOCUMENT_LIMITS: Readonly<Record<keyof DocumentSize, DocumentLimit>> = {
  characters: { most: 100_000, what: 'characters', advice: USE_VARIABLES },
  // For the location of an error graphql-js counts lines from the start, once for each error.
  lines: { most: 5_000, what: 'lines', advice: USE_VARIABLES },
  tokens: { most: 5_000, what: 'tokens', advice: USE_VARIABLES },
  // The parser of graphql-js calls itself for each, and runs out of stack at some thousands.
  nesting: { most: 32, what: 'brackets inside each other', advice: 'Ask for less depth.' },
  operations: { most: 16, what: 'operations', advice: SPLIT },
  fragments: { most: 64, what: 'fragments', advice: SPLIT },
  aliases: { most: 64, what: 'aliases', advice: 'Split it, or use a field that takes a list.' },
  directives: { most: 64, what: 'directives', advice: SPLIT },
  directivesInOnePlace: { most: 4, what: 'directives in one place', advice: 'Remove the repeats.' },
  depth: { most: 16, what: 'fields inside each other', advice: 'Ask for less depth.' },
  rootFields: {
    most: 64,
    what: 'root fields in one operation, those of fragments included',
    advice: 'Split it, or use a field that takes a list.',
  },
  selections: {
    most: 5_000,
    what: 'selections, those of a fragment counted wherever it is spread',
    advice: 'Split it, or spread fewer fragments.',
  },
  repeats: { most: 64, what: 'repeats of a field in one place', advice: 'Remove the repeats.' },
};

/**
 * Rejects a document that is over a limit while it is parsed, before its validation, and shortens the errors of graphql-js. A cached
 * document has passed once, and is not measured again.
 */
export function useDocumentLimits(): Plugin {
  return {
    onParse({ setParseFn }) {
      setParseFn((source, options) => {
        try {
          return parseWithinLimits(source, options);
        } catch (error) {
          throw error instanceof GraphQLError ? shortError(error) : error;
        }
      });
    },
    onValidate({ validateFn, setValidationFn, addValidationRule }) {
      addValidationRule(KnownOperationTypesRule);
      setValidationFn((schema, document, rules, options) =>
        shortErrors(validateFn(schema, document, rules, { ...options, maxErrors: MAX_ERRORS })),
      );
    },
  };
}

/**
 * Parses a document within all limits. One that is over a limit never gets to the validation of graphql-js, whose cost can grow with
 * the square of its size.
 * @throws GraphQLError for the limit, or for what does not parse.
 */
export function parseWithinLimits(source: string | Source, options?: ParseOptions): DocumentNode {
  const text = typeof source === 'string' ? source : source.body;
  refuseOver(measureText(text));
  const document = parse(source, options);
  // First, since the number of fragments bounds how deep the others recurse.
  refuseOver(countDefinitions(document));
  refuseOver(measureDocument(document));
  refuseOver({ repeats: countRepeats(document) });
  return document;
}

/** @throws GraphQLError for the first limit that a document of this size is over. */
function refuseOver(size: Partial<DocumentSize>): void {
  for (const [name, got] of Object.entries(size)) {
    const { most, what, advice } = DOCUMENT_LIMITS[name as keyof DocumentSize];
    if (got > most) {
      throw badRequest(`A document may have at most ${most} ${what}; this one has ${got}. ${advice}`, { spec: true });
    }
  }
}

const OPENING: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const CLOSING: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/**
 * Reads a text token by token, without a stack: the parser recurses for each bracket. `maxTokens` of graphql-js counts tokens only. A
 * text that is too long is not read at all.
 * @throws GraphQLError for what is no token.
 */
function measureText(text: string): Pick<DocumentSize, 'characters' | 'lines' | 'tokens' | 'nesting'> {
  let [lines, tokens, nesting, open] = [1, 0, 0, 0];
  if (text.length <= DOCUMENT_LIMITS.characters.most) {
    lines += text.match(/\r\n|[\n\r]/g)?.length ?? 0;
    const lexer = new Lexer(new Source(text));
    while (lexer.advance().kind !== TokenKind.EOF) {
      tokens++;
      if (OPENING.has(lexer.token.kind)) nesting = Math.max(nesting, ++open);
      else if (CLOSING.has(lexer.token.kind)) open--;
    }
  }
  return { characters: text.length, lines, tokens, nesting };
}

type Definitions = Pick<DocumentSize, 'operations' | 'fragments'>;
type Measured = Omit<DocumentSize, keyof Definitions | 'characters' | 'lines' | 'tokens' | 'nesting' | 'repeats'>;

/** The size of a selection set, fragments included. */
interface Extent {
  readonly selections: number;
  readonly depth: number;
  /** Directly in the set, or in its fragments. */
  readonly fields: number;
}

const NOTHING: Extent = { selections: 0, depth: 0, fields: 0 };

function countDefinitions({ definitions }: DocumentNode): Definitions {
  const countOf = (kind: Kind) => definitions.filter((definition) => definition.kind === kind).length;
  return { operations: countOf(Kind.OPERATION_DEFINITION), fragments: countOf(Kind.FRAGMENT_DEFINITION) };
}

/**
 * Measures each fragment once, however often and deeply it is spread, so that a document of millions of fields is not expanded.
 * @param document with so few fragments and brackets that they can be followed by recursion.
 * @throws GraphQLError for fragments that spread themselves, as the validation of graphql-js would.
 */
function measureDocument({ definitions }: DocumentNode): Measured {
  const operations = definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const fragments = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  const fragmentsByName = new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
  const known = new Map<FragmentDefinitionNode, Extent | 'pending'>();
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
    if (found === 'pending') throw fragmentCycle(fragment);
    if (found) return found;
    known.set(fragment, 'pending');
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
    // Validation reports an unknown fragment.
    return fragment ? extentOfFragment(fragment) : NOTHING;
  }

  function countDirectives(here: readonly DirectiveNode[] = []): void {
    directives += here.length;
    directivesInOnePlace = Math.max(directivesInOnePlace, here.length);
  }
}

const fragmentCycle = (fragment: FragmentDefinitionNode) =>
  new GraphQLError(`Cannot spread fragment "${fragment.name.value}" within itself.`, {
    nodes: fragment,
    extensions: { code: 'GRAPHQL_VALIDATION_FAILED', http: { status: 400, spec: true } },
  });

/** The fields of one response name in one place of the response. */
interface Group {
  count: number;
  readonly sets: SelectionSetNode[];
}

/**
 * How often the most repeated response name is in one place of the response, once selection sets are merged as graphql-js does.
 * @param document without cycles, its selections counted: they are expanded here.
 */
function countRepeats({ definitions }: DocumentNode): number {
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

/** Errors reported for one document: one that a program writes is wrong in the same way everywhere. */
const MAX_ERRORS = 5;
/** Characters of one message: graphql-js repeats names and values of the request, whatever their length. */
const MAX_MESSAGE_LENGTH = 300;
/** Places in the document that one error points to. */
const MAX_LOCATIONS = 2;

/** The first few errors, shortened. */
export const shortErrors = (errors: readonly GraphQLError[]): GraphQLError[] =>
  errors.slice(0, MAX_ERRORS).map(shortError);

/** The same error with a message that is cut where it repeats long names or values, and few locations. */
function shortError(error: GraphQLError): GraphQLError {
  const { message, nodes, source, positions, path, originalError, extensions } = error;
  if (message.length <= MAX_MESSAGE_LENGTH && (nodes?.length ?? 0) <= MAX_LOCATIONS) return error;
  const short = message.length <= MAX_MESSAGE_LENGTH ? message : `${message.slice(0, MAX_MESSAGE_LENGTH - 1)}…`;
  return new GraphQLError(short, {
    nodes: nodes?.slice(0, MAX_LOCATIONS) ?? null,
    // Where there are nodes, the positions are theirs.
    ...(!nodes && { source: source ?? null, positions: positions ?? null }),
    path: path ?? null,
    originalError: originalError ?? null,
    extensions,
  });
}

/** Rejects a mutation, say, where the schema has none: graphql-js does so without a code, when it executes. */
export function KnownOperationTypesRule(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(node) {
      if (context.getSchema().getRootType(node.operation)) return;
      context.reportError(new GraphQLError(`This schema has no ${node.operation}.`, { nodes: node }));
    },
  };
}
