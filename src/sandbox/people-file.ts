/** One value in a file of people, before it was checked. */
export interface RawField {
  readonly line: number;
  readonly value: unknown;
  /** As it stands in the file: a number of 19 digits is already wrong in `value`. */
  readonly text: string;
}

/** One person in a file of people, before anything was checked. */
export interface RawPerson {
  readonly line: number;
  readonly fields: ReadonlyMap<string, RawField>;
}

export interface Mistake {
  readonly line: number;
  readonly reason: string;
}

/** What a parser of one format makes of a file: as many people as it can read, and everything wrong with the form. */
export interface RawPeople {
  readonly people: readonly RawPerson[];
  readonly mistakes: readonly Mistake[];
}
