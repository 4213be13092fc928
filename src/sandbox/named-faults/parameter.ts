/** One setting of a named fault: what it takes, and how it is read from JSON or from the text of a flag. */
export interface Parameter<T> {
  /** For the mistake of someone who gave something else: "a whole number from 1 to 100". */
  readonly expected: string;
  /** What holds when it is not given. Undefined where it has to be given, or where nothing is the default. */
  readonly default: T | undefined;
  readonly isRequired?: true;
  /** All values it takes, where they can be listed. */
  readonly options?: readonly string[];
  /** Undefined for a value it does not take. Numbers and booleans may come as text: flags know nothing else. */
  read(value: unknown): T | undefined;
}

export type Parameters = Readonly<Record<string, Parameter<unknown>>>;

/** The values that a table of parameters gives, with every default filled in. */
export type ValuesOf<P extends Parameters> = { readonly [K in keyof P]: P[K] extends Parameter<infer T> ? T : never };

export function wholeNumber(min: number, max: number, byDefault?: number): Parameter<number> {
  const read = (value: unknown): number | undefined => {
    const number = toNumber(value);
    return number !== undefined && Number.isInteger(number) && number >= min && number <= max ? number : undefined;
  };
  return { expected: `a whole number from ${min} to ${max}`, default: byDefault, read };
}

/** A number from 0 to 1. */
export function share(byDefault?: number): Parameter<number> {
  const read = (value: unknown): number | undefined => {
    const number = toNumber(value);
    return number !== undefined && number >= 0 && number <= 1 ? number : undefined;
  };
  return { expected: 'a number from 0 to 1', default: byDefault, read };
}

export function choice<const T extends string>(options: readonly T[], byDefault?: T): Parameter<T> {
  const read = (value: unknown): T | undefined => options.find((option) => option === value);
  return { expected: `one of ${options.join(', ')}`, default: byDefault, options, read };
}

export function yesNo(byDefault: boolean): Parameter<boolean> {
  const read = (value: unknown): boolean | undefined =>
    ({ true: true, false: false })[typeof value === 'boolean' ? String(value) : (value as string)];
  return { expected: 'true or false', default: byDefault, read };
}

/** A text that may stand in a header: printable ASCII, up to 1,000 characters. */
export function headerText(byDefault: string): Parameter<string> {
  const read = (value: unknown): string | undefined =>
    typeof value === 'string' && /^[\x20-\x7e]{1,1000}$/.test(value) ? value : undefined;
  return { expected: 'a text of printable ASCII', default: byDefault, read };
}

/** One text or several; in a flag, the parameter is repeated. Always has to be given. */
export function texts(): Parameter<readonly string[]> {
  const read = (value: unknown): readonly string[] | undefined => {
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    return list.length > 0 && list.every((text) => typeof text === 'string' && text !== '')
      ? (list as readonly string[])
      : undefined;
  };
  return { expected: 'a text or a list of texts', default: undefined, isRequired: true, read };
}

function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
}
