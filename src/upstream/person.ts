import { z } from 'zod';

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

// A field that is missing, null, "" or of another type tells nothing; only the key decides whether a row is usable.
const text = z
  .string()
  .transform((value) => value || null)
  .nullish()
  .catch(null);

const userRow = z.object({
  user_key: z.string().min(1),
  out_id: text,
  username: text,
  email: text,
  name_cn: text,
  name_en: text,
  avatar_url: text,
  status: text,
  name: z.object({ default: text, zh_cn: text, en_us: text }).nullish().catch(null),
});

/** One row of `data`, or `undefined` where it is malformed: not an object, or without a string `user_key`. */
export function decodePerson(row: unknown): Person | undefined {
  const decoded = userRow.safeParse(row);
  if (!decoded.success) return undefined;
  const { user_key, out_id, username, email, name_cn, name_en, avatar_url, status, name } = decoded.data;
  return {
    key: user_key,
    outId: out_id ?? null,
    username: username ?? null,
    email: email ?? null,
    nameCn: name_cn ?? name?.zh_cn ?? null,
    nameEn: name_en ?? name?.en_us ?? null,
    nameDefault: name?.default ?? null,
    avatarUrl: avatar_url ?? null,
    status: status ?? null,
  };
}
