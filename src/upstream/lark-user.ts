/** One user as the user API returns it. `null` where it returned nothing: no permission, or no value. */
export interface LarkUser {
  /** `user_key`: the 19-digit key, always a string. */
  readonly key: string;
  /** `out_id`: the Lark union id, `on_…`. */
  readonly outId: string | null;
  readonly username: string | null;
  readonly email: string | null;
  readonly nameCn: string | null;
  readonly nameEn: string | null;
  /** `name.default`: the name that Lark shows. */
  readonly nameDefault: string | null;
  readonly avatarUrl: string | null;
  /** The raw text: `activated`, `frozen` and `resigned` are the vendor's examples, others may come. */
  readonly status: string | null;
}

/**
 * One row of `data`, or `undefined` where it is malformed: not an object, or without a string `user_key`. Decoded by hand, once for each
 * user of each response: a schema takes several times as long. Equal strings are kept once, since tens of thousands of users are cached.
 */
export function decodeUser(row: unknown): LarkUser | undefined {
  if (!isRecord(row)) return undefined;
  const { user_key: key, name } = row;
  if (typeof key !== 'string' || key === '') return undefined;
  const names = typeof name === 'object' && name !== null ? (name as Readonly<Record<string, unknown>>) : NO_NAMES;
  const nameCn = text(row.name_cn) ?? text(names.zh_cn);
  const nameEn = text(row.name_en) ?? text(names.en_us);
  const nameDefault = text(names.default);
  const status = text(row.status);
  return {
    key,
    outId: text(row.out_id),
    username: row.username === key ? key : text(row.username),
    email: text(row.email),
    nameCn,
    nameEn,
    nameDefault: nameDefault === nameCn ? nameCn : nameDefault === nameEn ? nameEn : nameDefault,
    avatarUrl: text(row.avatar_url),
    status: STATUSES.get(status) ?? status,
  };
}

const STATUSES = new Map<string | null, string>(['activated', 'frozen', 'resigned'].map((status) => [status, status]));

const NO_NAMES: Readonly<Record<string, unknown>> = {};

/** A field that is missing, null, "" or of another type is null; only the key decides whether a row is usable. */
const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** True for what JSON calls an object. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
