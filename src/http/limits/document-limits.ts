/** What is counted of a document before graphql-js gets to see it. */
export interface DocumentSize {
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
  /** One response name in the same place of the answer: graphql-js compares each with each. */
  readonly repeats: number;
}

export interface DocumentLimit {
  readonly most: number;
  /** Completes "A document may have at most 64 …". */
  readonly what: string;
  readonly advice: string;
}

const SPLIT = 'Split it.';
const USE_VARIABLES = 'Split it, or pass lists as variables.';

/**
 * The most that a document may have. The introspection query of tools needs a depth of 15 and 489 selections; 50 people under
 * aliases with every field take 600 selections. Each limit bounds a cost of its own: the dearest document found within all of
 * them, 64 people with 64 times the same field, takes some 80 ms from request to answer, as do 1,000 malformed identifiers.
 */
export const DOCUMENT_LIMITS: Readonly<Record<keyof DocumentSize, DocumentLimit>> = {
  characters: { most: 100_000, what: 'characters', advice: USE_VARIABLES },
  // To tell the place of an error, graphql-js counts lines from the start, once for each error.
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

/** Errors told of one document. One that is written by a program is wrong in the same way everywhere. */
export const MAX_ERRORS = 5;
/** Characters of one message: graphql-js repeats names and values of the request, whatever their length. */
export const MAX_MESSAGE_LENGTH = 300;
/** Places in the document that one error points to. */
export const MAX_LOCATIONS = 2;
