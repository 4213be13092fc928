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
export function matchPeople(query: UserQuery, found: FoundPeople): Match {
  const { kind, identifiers } = query;
  const wanted = new Set(identifiers.map((identifier) => comparable(kind, identifier)));
  const byIdentifier = new Map<string, Person | GatewayError>();
  let unasked = 0;
  let unnamed = 0;
  for (const person of found.people) {
    const value = identifierOf(person, kind);
    if (value === null) {
      unnamed++;
      continue;
    }
    const id = comparable(kind, value);
    const earlier = byIdentifier.get(id);
    if (!wanted.has(id)) unasked++;
    else if (earlier === undefined) byIdentifier.set(id, person);
    else if (earlier instanceof GatewayError || earlier.key !== person.key) byIdentifier.set(id, ambiguous(kind));
  }

  const [only] = found.people;
  if (only && unnamed === 1 && identifiers.length === 1 && found.people.length === 1 && found.malformedRows === 0) {
    return { results: [only], unasked };
  }
  // Any of the rows that could not be attributed may be any of the identifiers without a row.
  const unanswered = unnamed > 0 ? fieldMissing(kind) : found.malformedRows > 0 ? rowsMalformed() : null;
  const results = identifiers.map((identifier) => byIdentifier.get(comparable(kind, identifier)) ?? unanswered);
  return { results, unasked };
}

const fieldMissing = (kind: LookupKind) =>
  new GatewayError(
    'UPSTREAM_BAD_RESPONSE',
    `The user API left out ${fieldOf[kind].name}, so people cannot be told apart: check the permission to read ${fieldOf[kind].permission}.`,
  );

const rowsMalformed = () =>
  new GatewayError(
    'UPSTREAM_BAD_RESPONSE',
    'Rows of the answer of the user API name nobody; this person may be one of them.',
  );

const ambiguous = (kind: LookupKind) =>
  new GatewayError(
    'UPSTREAM_BAD_RESPONSE',
    `The user API answered with different people of the same ${fieldOf[kind].name}.`,
  );
