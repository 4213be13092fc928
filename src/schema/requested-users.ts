import type { UserLoaders } from '../directory/loaders.ts';
import { GatewayError } from '../errors.ts';
import type { LookupKind } from '../lookup-kinds.ts';
import type { LarkUser } from '../upstream/lark-user.ts';

/** Identifiers of one kind, looked up together. */
export interface LookupList {
  readonly kind: LookupKind;
  /** As clients wrote them, duplicates included. */
  readonly identifiers: readonly string[];
  /** Counts with e-mails only. */
  readonly tenantKey?: string | undefined;
}

/** The lookups of one field, and the order of its results. */
export interface RequestedUsers {
  readonly lists: readonly LookupList[];
  /**
   * Puts the results in the order of the field.
   * @param results for each list, one for each of its identifiers.
   * @returns one for each entry of the field. Some need no lookup.
   */
  place<Result>(results: readonly (readonly Result[])[]): readonly (Result | LarkUser | GatewayError)[];
}

/** One list, in its own order. */
export const requestList = (list: LookupList): RequestedUsers => ({
  lists: [list],
  place: ([results = []]) => results,
});

/** No lookup: each entry has the same error. */
export const rejectedUsers = (count: number, error: GatewayError): RequestedUsers => ({
  lists: [],
  place: () => Array.from({ length: count }, () => error),
});

/** The result of a resolver, from the loaders of the request. */
export function loadUsers(
  { lists, place }: RequestedUsers,
  { users }: { readonly users: UserLoaders },
): (LarkUser | null | Promise<LarkUser | null>)[] {
  const results = lists.map(({ kind, identifiers, tenantKey }) => {
    const loader = users.of(kind, tenantKey);
    return identifiers.map((identifier) => loader.load(identifier));
  });
  return place(results).map((result) => (result instanceof GatewayError ? Promise.reject(result) : result));
}
