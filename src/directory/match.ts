import { GatewayError } from '../errors.ts';
import type { Person } from '../upstream/person.ts';
import type { FoundPeople, LookupKind, UserQuery } from '../upstream/user-query.ts';
import { comparable, identifierOf } from './identifier.ts';
import type { LookupResult } from './look-up.ts';

export interface Match {
  /** One for each identifier of the query, in its order. */
  readonly results: LookupResult[];
  /** Rows that nobody asked for. They are used for nothing. */
  readonly unasked: number;
}

const fieldOf: Record<LookupKind, { name: string; permission: string }> = {
  key: { name: 'user_key', permission: 'user keys' },
  outId: { name: 'out_id', permission: 'union ids' },
  email: { name: 'email', permission: 'e-mail addresses' },
};

/**
 * Gives every identifier of a call its row. The order and the number of rows mean nothing: the user API promises no order,
 * leaves out people it does not find, and may answer with others. Where the answer does not tell who is meant,
 * that is UPSTREAM_BAD_RESPONSE and never "not found".
 */
export function matchPeople(
  query: UserQuery,
  found: FoundPeople,
  /** The identifiers in the form in which two spellings are equal. */
  ids: readonly string[] = query.identifiers.map((identifier) => comparable(query.kind, identifier)),
): Match {
  const { kind } = query;
  const { people, malformedRows } = found;
  if (malformedRows === 0 && isInOrder(kind, people, ids)) return { results: [...people], unasked: 0 };
  const placeOf = new Map<string, number>();
  for (let place = 0; place < ids.length; place++) placeOf.set(ids[place] as string, place);
  const results = ids.map((): LookupResult => null);
  let unasked = 0;
  let unnamed = 0;
  for (const person of people) {
    const value = identifierOf(person, kind);
    if (value === null) {
      unnamed++;
      continue;
    }
    const place = placeOf.get(comparable(kind, value));
    if (place === undefined) {
      unasked++;
      continue;
    }
    const earlier = results[place] ?? null;
    if (earlier === null) results[place] = person;
    else if (earlier instanceof GatewayError || earlier.key !== person.key) results[place] = ambiguous(kind);
  }

  const [only] = people;
  if (only && unnamed === 1 && ids.length === 1 && people.length === 1 && malformedRows === 0) {
    return { results: [only], unasked };
  }
  // Any of the rows that could not be attributed may be any of the identifiers without a row.
  const unanswered = unnamed > 0 ? fieldMissing(kind) : malformedRows > 0 ? rowsMalformed() : null;
  if (!unanswered) return { results, unasked };
  return { results: results.map((result) => result ?? unanswered), unasked };
}

/** The usual answer: a row for each, in the order asked. */
function isInOrder(kind: LookupKind, people: readonly Person[], ids: readonly string[]): boolean {
  if (people.length !== ids.length) return false;
  for (let index = 0; index < ids.length; index++) {
    const value = identifierOf(people[index] as Person, kind);
    if (value === null || comparable(kind, value) !== ids[index]) return false;
  }
  return true;
}

const fieldMissing = (kind: LookupKind) =>
  new GatewayError(
    'UPSTREAM_BAD_RESPONSE',
    `The user API left out ${fieldOf[kind].name}, so people cannot be told apart: check the permission to read ${fieldOf[kind].permission}.`,
    { access: 'denied' },
  );

const rowsMalformed = () =>
  new GatewayError(
    'UPSTREAM_BAD_RESPONSE',
    'Rows of the answer of the user API name nobody; this person may be one of them.',
    { access: 'unclear' },
  );

const ambiguous = (kind: LookupKind) =>
  new GatewayError(
    'UPSTREAM_BAD_RESPONSE',
    `The user API answered with different people of the same ${fieldOf[kind].name}.`,
    { access: 'unclear' },
  );
