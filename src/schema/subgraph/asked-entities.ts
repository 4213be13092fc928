import { GatewayError } from '../../errors.ts';
import type { LarkUser } from '../../upstream/lark-user.ts';
import type { LookupKind } from '../../upstream/user-query.ts';
import type { AskedPeople } from '../asked-people.ts';
import type { PeopleContext } from '../builder.ts';
import { emailForbidden } from '../user.ts';
import { type EntityReference, parseReference } from './entity-reference.ts';
import { personAsReferred } from './person-as-referred.ts';

/** Where the answer of one entry is: in which list, and where in it. */
interface Place {
  readonly list: number;
  readonly index: number;
}

/**
 * Whom the representations of a query to `_entities` mean. What is wrong with one is the trouble of its own entry.
 * @param wanted the fields that are selected, where references are trusted; `undefined` where everybody is looked up.
 */
export function askedEntities(
  representations: readonly unknown[],
  context: PeopleContext,
  wanted: ReadonlySet<string> | undefined,
): AskedPeople {
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
  { mayReadEmail }: PeopleContext,
  wanted: ReadonlySet<string> | undefined,
): EntityReference | LarkUser | GatewayError {
  try {
    const reference = parseReference(representation);
    const known = wanted && personAsReferred(reference, wanted);
    if (known) return known;
    return reference.kind === 'email' && !mayReadEmail ? emailForbidden() : reference;
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}
