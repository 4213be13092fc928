/** One person as the user API tells of them. `null` where it told nothing: no permission, or no value. */
export interface Person {
  /** `user_key`: the 19-digit key, always a string. */
  readonly key: string;
  /** `out_id`: the Lark union id, `on_…`. */
  readonly outId: string | null;
  readonly username: string | null;
  readonly email: string | null;
  readonly nameCn: string | null;
  readonly nameEn: string | null;
  /** `name.default`: the name the person is shown under in Lark. */
  readonly nameDefault: string | null;
  readonly avatarUrl: string | null;
  /** The raw text: `activated`, `frozen` and `resigned` are the vendor's examples, others may come. */
  readonly status: string | null;
}

/**
 * One row of `data`, or `undefined` where it is malformed: not an object, or without a string `user_key`. By hand: it is done for
 * every person of every answer, and a schema takes several times as long.
 */
export function decodePerson(row: unknown): Person | undefined {
  if (!isRecord(row)) return undefined;
  const { user_key: key, name } = row;
  if (typeof key !== 'string' || key === '') return undefined;
  const names = isRecord(name) ? name : NO_NAMES;
  return {
    key,
    outId: text(row.out_id),
    username: text(row.username),
    email: text(row.email),
    nameCn: text(row.name_cn) ?? text(names.zh_cn),
    nameEn: text(row.name_en) ?? text(names.en_us),
    nameDefault: text(names.default),
    avatarUrl: text(row.avatar_url),
    status: text(row.status),
  };
}

const NO_NAMES: Readonly<Record<string, unknown>> = {};

/** A field that is missing, null, "" or of another type tells nothing; only the key decides whether a row is usable. */
const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** True for what JSON calls an object. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
