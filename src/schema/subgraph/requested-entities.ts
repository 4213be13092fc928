import { parseIdentifier } from '../../directory/identifiers.ts';
import { GatewayError } from '../../errors.ts';
import type { LookupKind } from '../../lookup-kinds.ts';
import { decodeUser, type LarkUser } from '../../upstream/lark-user.ts';
import type { UserContext } from '../builder.ts';
import type { RequestedUsers } from '../requested-users.ts';
import { emailForbidden } from '../user.ts';
import { type EntityReference, parseReference } from './entity-reference.ts';

/** The index of an entry's result: of its list, and in that list. */
interface Place {
  readonly list: number;
  readonly index: number;
}

/**
 * The lookups for the representations of `_entities`. A malformed one is an error of its own entry only.
 * @param wanted the selected fields, where references are trusted; `undefined` where all users are looked up.
 */
export function requestedEntities(
  representations: readonly unknown[],
  context: UserContext,
  wanted: ReadonlySet<string> | undefined,
): RequestedUsers {
  const lists: { readonly kind: LookupKind; readonly identifiers: string[] }[] = [];
  const entries = representations.map((representation) => {
    const reference = entryOf(representation, context, wanted);
    return 'given' in reference ? placeFor(reference) : reference;
  });
  return {
    lists,
    place: <Answer>(answers: readonly (readonly Answer[])[]) =>
      entries.map((entry) => ('list' in entry ? (answers[entry.list]?.[entry.index] as Answer) : entry)),
  };

  function placeFor({ kind, identifier }: EntityReference): Place {
    let list = lists.findIndex((known) => known.kind === kind);
    if (list < 0) list = lists.push({ kind, identifiers: [] }) - 1;
    return { list, index: (lists[list]?.identifiers.push(identifier) ?? 0) - 1 };
  }
}

function entryOf(
  representation: unknown,
  { mayReadEmail }: UserContext,
  wanted: ReadonlySet<string> | undefined,
): EntityReference | LarkUser | GatewayError {
  try {
    const reference = parseReference(representation);
    const known = wanted && referencedUser(reference, wanted);
    if (known) return known;
    return reference.kind === 'email' && !mayReadEmail ? emailForbidden() : reference;
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}

/** As a row without fields: `null` each. */
const NOTHING_KNOWN = { ...decodeUser({ user_key: 'unknown' }), key: '' } as LarkUser;

/**
 * A user with the fields of a reference; `undefined` where a query selects others.
 * @param wanted the names of the fields that are selected.
 * @throws GatewayError BAD_USER_INPUT where an identifier of the reference is malformed.
 */
function referencedUser({ given }: EntityReference, wanted: ReadonlySet<string>): LarkUser | undefined {
  const isGiven = (name: string) => name === '__typename' || Object.hasOwn(given, name);
  if (![...wanted].every(isGiven)) return undefined;
  const { key, outId, email } = given;
  return {
    ...NOTHING_KNOWN,
    ...(key !== undefined && { key: parseIdentifier('key', key) }),
    ...(outId !== undefined && { outId: parseIdentifier('outId', outId) }),
    ...(email !== undefined && { email: parseIdentifier('email', email) }),
  };
}
