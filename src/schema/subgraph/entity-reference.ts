import { GatewayError } from '../../errors.ts';
import type { LookupKind } from '../../lookup-kinds.ts';

/** One representation of `_entities`: the key fields by which another service refers to a user. */
export interface EntityReference {
  /** The most reliable of its key fields, used for the lookup. */
  readonly kind: LookupKind;
  readonly identifier: string;
  /** All its key fields. */
  readonly given: Readonly<Partial<Record<LookupKind, string>>>;
}

/** The key fields of `User`, the most reliable first: a representation may have several. */
const KEY_FIELDS: readonly LookupKind[] = ['key', 'outId', 'email'];

/**
 * Reads a representation, which may be any JSON.
 * @throws GatewayError BAD_USER_INPUT where it is no object, of another type, or without a key field as a string. The message repeats
 *   none of its values.
 */
export function parseReference(representation: unknown): EntityReference {
  if (typeof representation !== 'object' || representation === null || Array.isArray(representation)) {
    throw malformed(`an object, got ${nameOf(representation)}`);
  }
  const fields = representation as Readonly<Record<string, unknown>>;
  if (ownValue(fields, '__typename') !== 'User') {
    throw malformed('the __typename "User", got another or none');
  }
  const given: Partial<Record<LookupKind, string>> = {};
  for (const name of KEY_FIELDS) {
    const value = ownValue(fields, name);
    if (typeof value === 'string') given[name] = value;
  }
  const kind = KEY_FIELDS.find((name) => given[name] !== undefined);
  if (kind === undefined) throw malformed(`${KEY_FIELDS.join(', ')} as a string, got ${describeKeys(fields)}`);
  return { kind, identifier: given[kind] ?? '', given };
}

const ownValue = (fields: Readonly<Record<string, unknown>>, name: string) =>
  Object.hasOwn(fields, name) ? fields[name] : undefined;

function describeKeys(fields: Readonly<Record<string, unknown>>): string {
  const given = KEY_FIELDS.filter((name) => Object.hasOwn(fields, name));
  if (given.length === 0) return 'none of them';
  return given.map((name) => `${name} as ${nameOf(fields[name])}`).join(', ');
}

const nameOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`);

const malformed = (expected: string) =>
  new GatewayError('BAD_USER_INPUT', `Malformed representation of a user: expected ${expected}.`);
