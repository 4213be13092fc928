import { GatewayError } from '../errors.ts';
import { KIND_FIELDS, type LookupKind } from '../lookup-kinds.ts';
import type { LarkUser } from '../upstream/lark-user.ts';
import type { FoundPeople, UserQuery } from '../upstream/user-query.ts';
import { normalize } from './identifiers.ts';
import type { LookupResult } from './lookup.ts';

export interface Match {
  /** One for each identifier of the query, in its order. */
  readonly results: LookupResult[];
  /** Rows that match no identifier. They are dropped. */
  readonly unrequested: number;
}

/**
 * Gives every identifier of a call its row, by the identifier in the row and never by position: the user API promises no order, leaves
 * out users that are not found, and may return others. Where the rows do not distinguish users, the result is UPSTREAM_BAD_RESPONSE,
 * never "not found".
 * @param ids the identifiers of the query in normalized form.
 */
export function matchUsers(
  { kind, identifiers }: UserQuery,
  { people: users, malformedRows }: FoundPeople,
  ids: readonly { readonly id: string }[] = identifiers.map((one) => ({ id: normalize(kind, one) })),
): Match {
  if (malformedRows === 0 && isInOrder(kind, users, ids)) return { results: [...users], unrequested: 0 };
  const indexOf = new Map<string, number>();
  for (let index = 0; index < ids.length; index++) indexOf.set((ids[index] as { id: string }).id, index);
  const results = ids.map((): LookupResult => null);
  let unrequested = 0;
  let withoutField = 0;
  for (const user of users) {
    const value = user[kind];
    if (value === null) {
      withoutField++;
      continue;
    }
    const index = indexOf.get(normalize(kind, value));
    if (index === undefined) {
      unrequested++;
      continue;
    }
    const earlier = results[index] ?? null;
    if (earlier === null) results[index] = user;
    else if (earlier instanceof GatewayError || earlier.key !== user.key) results[index] = ambiguous(kind);
  }

  const [only] = users;
  if (only && withoutField === 1 && ids.length === 1 && users.length === 1 && malformedRows === 0) {
    return { results: [only], unrequested };
  }
  // Any row that could not be attributed may be that of any identifier without one.
  const unanswered = withoutField > 0 ? fieldMissing(kind) : malformedRows > 0 ? rowsMalformed() : null;
  if (!unanswered) return { results, unrequested };
  return { results: results.map((result) => result ?? unanswered), unrequested };
}

/** The usual response: one row for each, in the order of the query. */
function isInOrder(kind: LookupKind, users: readonly LarkUser[], ids: readonly { readonly id: string }[]): boolean {
  if (users.length !== ids.length) return false;
  for (let index = 0; index < ids.length; index++) {
    const value = (users[index] as LarkUser)[kind];
    const { id } = ids[index] as { id: string };
    if (value !== id && (value === null || normalize(kind, value) !== id)) return false;
  }
  return true;
}

const fieldMissing = (kind: LookupKind) =>
  new GatewayError(
    'UPSTREAM_BAD_RESPONSE',
    `The user API left out ${KIND_FIELDS[kind].row}, so users cannot be distinguished: check the permission to read ${KIND_FIELDS[kind].permission}.`,
    { access: 'denied' },
  );

const rowsMalformed = () =>
  new GatewayError(
    'UPSTREAM_BAD_RESPONSE',
    'The user API returned malformed rows, and this user may be in one of them.',
    { access: 'unclear' },
  );

const ambiguous = (kind: LookupKind) =>
  new GatewayError(
    'UPSTREAM_BAD_RESPONSE',
    `The user API returned different users with the same ${KIND_FIELDS[kind].row}.`,
    { access: 'unclear' },
  );
