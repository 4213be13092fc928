import { parseJson } from '../upstream/envelope.ts';
import type { LarkUser } from '../upstream/lark-user.ts';

/** One entry. */
export type Kept = {
  /** When the call left that returned it, on the clock of the server, in milliseconds. */
  readonly fetchedAt: number;
} & (
  | { readonly user: LarkUser | null }
  /** An alias: the key of its user. */
  | { readonly key: string }
);

/** Of the format below. A gateway of another version treats it as a cache miss. */
const VERSION = 1;
const HEAD_BYTES = 9;

const FIELDS = [
  'key',
  'outId',
  'username',
  'email',
  'nameCn',
  'nameEn',
  'nameDefault',
  'avatarUrl',
  'status',
] as const satisfies (keyof LarkUser)[];

/** Version, time, and JSON: a list of the fields, a key, or null. About a third of the object as JSON would take. */
export function encodeKept(kept: Kept): Buffer {
  const body = 'key' in kept ? kept.key : kept.user && FIELDS.map((field) => kept.user?.[field]);
  const json = Buffer.from(JSON.stringify(body));
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt8(VERSION);
  head.writeDoubleBE(kept.fetchedAt, 1);
  return Buffer.concat([head, json]);
}

/** @returns `undefined` for another format. */
export function decodeKept(bytes: Buffer): Kept | undefined {
  if (bytes.length <= HEAD_BYTES || bytes.readUInt8() !== VERSION) return undefined;
  const fetchedAt = bytes.readDoubleBE(1);
  const body: unknown = parseJson(bytes.subarray(HEAD_BYTES).toString());
  if (body === null) return { fetchedAt, user: null };
  if (typeof body === 'string') return { fetchedAt, key: body };
  if (!Array.isArray(body) || body.length !== FIELDS.length || typeof body[0] !== 'string') return undefined;
  if (!body.every((value) => value === null || typeof value === 'string')) return undefined;
  const user = Object.fromEntries(FIELDS.map((field, index) => [field, body[index]]));
  return { fetchedAt, user: user as unknown as LarkUser };
}
