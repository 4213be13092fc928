import { isRecord } from '../person.ts';

/** What rows tell of a person: fields of a row, and of the `name` in it. The numbers are places in `Pattern.groupOf`. */
export const TOLD = {
  user_key: 0,
  out_id: 1,
  email: 2,
  username: 3,
  name_cn: 4,
  name_en: 5,
  avatar_url: 6,
  status: 7,
  'name.default': 8,
  'name.zh_cn': 9,
  'name.en_us': 10,
} as const;

/** Rows with the same fields in the same order, written as compactly as programs write JSON. */
export interface RowShape {
  /** A text that is equal for two shapes that are. */
  readonly name: string;
  /** Of a row only what somebody reads is cut out. What that is shows when they do. */
  readonly pattern: Pattern;
}

/** Finds rows of one shape, and texts in them. */
export interface Pattern {
  /**
   * For each text its group of the match: NOWHERE where rows of this shape have none, `undefined` where it is not among those that are
   * cut out.
   */
  readonly groupOf: readonly (number | undefined)[];
  /**
   * Takes time in proportion to the row at most.
   * @param text with a character for each byte of UTF-8.
   * @returns `null` where there is no row of this shape at that place.
   */
  matchAt(text: string, at: number): RegExpExecArray | null;
  /** A pattern that cuts out this text, too; from here on that of the shape. */
  with(told: number): Pattern;
}

export const NOWHERE = 0;

/** Identifiers are compared, so they have to be what they look like: ASCII, and nothing that is written in another way. */
const IDENTIFIER = '[ !#-\\[\\]-~]';
/** Is what it looks like in ASCII too, since no character is written in another way. */
const TEXT = '[^"\\\\\\x00-\\x1f]*';
const ESCAPE = '\\\\(?:["\\\\/bfnrt]|u[\\da-fA-F]{4})';
/** Whatever JSON allows. */
const ANY_TEXT = `${TEXT}(?:${ESCAPE}${TEXT})*`;
const SCALAR = `(?:"${ANY_TEXT}"|-?(?:0|[1-9]\\d*)(?:\\.\\d+)?(?:[eE][+-]?\\d+)?|true|false|null)`;

const TEXTS: Readonly<Partial<Record<number, string>>> = {
  [TOLD.user_key]: `${IDENTIFIER}+`,
  [TOLD.out_id]: `${IDENTIFIER}*`,
  [TOLD.email]: `${IDENTIFIER}*`,
  // Handed on and never looked into; programs in Go write each "&" of it as an escape.
  [TOLD.avatar_url]: ANY_TEXT,
};

/** The fields of an object that tell something: numbers of `TOLD`, or objects with such fields. */
interface Places {
  readonly [field: string]: number | Places;
}

const { 'name.default': inDefault, 'name.zh_cn': inChinese, 'name.en_us': inEnglish, ...OWN } = TOLD;
const PLACES: Places = { ...OWN, name: { default: inDefault, zh_cn: inChinese, en_us: inEnglish } };
const NOT_TOLD: Places = {};

const NOTHING: ReadonlySet<number> = new Set();

/** What a pattern has room for. */
const MOST_FIELDS = 64;
const LONGEST_PATTERN = 16_384;

/** Thrown for what has no shape. */
class Shapeless extends Error {}

type Row = Readonly<Record<string, unknown>>;

/**
 * The shape of a row.
 * @returns `undefined` where none can be told from it: no person, or with lists, or too large.
 */
export function shapeOf(row: unknown): RowShape | undefined {
  if (!isRecord(row) || typeof row.user_key !== 'string') return undefined;
  try {
    const example = withoutValues(row);
    const name = regExpFor(example, NOTHING).regExp.source;
    let pattern = createPattern(example, NOTHING, (wider) => {
      pattern = wider;
    });
    return {
      name,
      get pattern() {
        return pattern;
      },
    };
  } catch (error) {
    if (error instanceof Shapeless) return undefined;
    throw error;
  }
}

/** @param onWiden called with a pattern that is to be used from here on. */
function createPattern(example: Row, wanted: ReadonlySet<number>, onWiden: (wider: Pattern) => void): Pattern {
  const { regExp, groupOf } = regExpFor(example, wanted);
  let wider: Pattern | undefined;
  return {
    groupOf,
    matchAt(text, at) {
      regExp.lastIndex = at;
      return regExp.exec(text);
    },
    with(told) {
      if (!wider) {
        wider = createPattern(example, new Set([...wanted, told]), onWiden);
        onWiden(wider);
      }
      return wider.groupOf[told] === undefined ? wider.with(told) : wider;
    },
  };
}

/**
 * What is kept of a row must not be what it tells: its numbers are somebody's, too.
 * @throws Shapeless for a row with lists, or with more fields than a pattern has room for, however deep they are.
 */
function withoutValues(row: Row): Row {
  let fields = 0;
  return blank(row) as Row;

  function blank(value: unknown): unknown {
    if (Array.isArray(value)) throw new Shapeless();
    if (!isRecord(value)) return typeof value === 'string' ? '' : value === null ? null : 0;
    const members = Object.entries(value);
    fields += members.length;
    // Before they are looked into: an object within an object, thousands of times, must not be.
    if (fields > MOST_FIELDS) throw new Shapeless();
    return Object.fromEntries(members.map(([name, within]) => [name, blank(within)]));
  }
}

/** @throws Shapeless */
function regExpFor(row: Row, wanted: ReadonlySet<number>) {
  const groupOf = Object.values(TOLD).map((told) => (wanted.has(told) ? NOWHERE : undefined) as number | undefined);
  let groups = 0;
  const pattern = objectPattern(row, PLACES);
  if (pattern.length > LONGEST_PATTERN) throw new Shapeless();
  return { regExp: new RegExp(pattern, 'y'), groupOf };

  function objectPattern(object: Row, places: Places): string {
    const members = Object.entries(object).map(([name, value]) => {
      const place = Object.hasOwn(places, name) ? places[name] : undefined;
      return `${literal(JSON.stringify(name))}:${valuePattern(value, place)}`;
    });
    return `\\{${members.join(',')}\\}`;
  }

  function valuePattern(value: unknown, place: number | Places = NOT_TOLD): string {
    if (typeof place === 'number') return textPattern(place, value);
    return isRecord(value) ? objectPattern(value, place) : SCALAR;
  }

  function textPattern(told: number, value: unknown): string {
    if (typeof value !== 'string' && value !== null) throw new Shapeless();
    if (wanted.has(told)) groupOf[told] = ++groups;
    const text = `"${wanted.has(told) ? '(' : '(?:'}${TEXTS[told] ?? TEXT})"`;
    return told === TOLD.user_key ? text : `(?:${text}|null)`;
  }
}

/** A text as the pattern for it, a character for each byte of UTF-8. */
const literal = (text: string): string =>
  Buffer.from(text)
    .toString('latin1')
    .replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');
