import { parseJson } from '../upstream/envelope.ts';
import type { LarkUser } from '../upstream/lark-user.ts';

/** What is kept of one identifier. */
export type Kept = {
  /** When the call left that told it, on the clock of the server, in milliseconds. */
  readonly fetchedAt: number;
} & (
  | { readonly person: LarkUser | null }
  /** An alias: the user key of the person whom it leads to. */
  | { readonly key: string }
);

/** Of the form below. A gateway of another version takes it for nothing, and asks the user API. */
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
  const body = 'key' in kept ? kept.key : kept.person && FIELDS.map((field) => kept.person?.[field]);
  const json = Buffer.from(JSON.stringify(body));
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt8(VERSION);
  head.writeDoubleBE(kept.fetchedAt, 1);
  return Buffer.concat([head, json]);
}

/** @returns `undefined` for what is of another form. */
export function decodeKept(bytes: Buffer): Kept | undefined {
  if (bytes.length <= HEAD_BYTES || bytes.readUInt8() !== VERSION) return undefined;
  const fetchedAt = bytes.readDoubleBE(1);
  const body: unknown = parseJson(bytes.subarray(HEAD_BYTES).toString());
  if (body === null) return { fetchedAt, person: null };
  if (typeof body === 'string') return { fetchedAt, key: body };
  if (!Array.isArray(body) || body.length !== FIELDS.length || typeof body[0] !== 'string') return undefined;
  if (!body.every((value) => value === null || typeof value === 'string')) return undefined;
  const person = Object.fromEntries(FIELDS.map((field, index) => [field, body[index]]));
  return { fetchedAt, person: person as unknown as LarkUser };
}
