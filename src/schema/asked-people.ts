import type { UserLoaders } from '../directory/loaders.ts';
import { GatewayError } from '../errors.ts';
import type { LarkUser } from '../upstream/lark-user.ts';
import type { LookupKind } from '../upstream/user-query.ts';

/** Identifiers of one kind that a field asks for together. */
export interface AskedList {
  readonly kind: LookupKind;
  /** As clients wrote them, with repeats. */
  readonly identifiers: readonly string[];
  /** Counts with e-mails only. */
  readonly tenantKey?: string | undefined;
}

/** Whom one call of a field asks for, and in which order it answers them. */
export interface AskedPeople {
  readonly lists: readonly AskedList[];
  /**
   * Puts the answers where they belong.
   * @param answers for each list one for each of its identifiers.
   * @returns one for each entry of the field's answer. Of some it is known without a look-up.
   */
  place<Answer>(answers: readonly (readonly Answer[])[]): readonly (Answer | LarkUser | GatewayError)[];
}

/** One list, answered as it is. */
export const askedList = (list: AskedList): AskedPeople => ({ lists: [list], place: ([answers = []]) => answers });

/** Nobody is looked up: each entry has the same trouble. */
export const refusedPeople = (count: number, error: GatewayError): AskedPeople => ({
  lists: [],
  place: () => Array.from({ length: count }, () => error),
});

/** For resolvers: what they answer, by the loaders of the request. */
export function loadAsked(
  { lists, place }: AskedPeople,
  { users }: { readonly users: UserLoaders },
): (LarkUser | null | Promise<LarkUser | null>)[] {
  const answers = lists.map(({ kind, identifiers, tenantKey }) => {
    const loader = users.of(kind, tenantKey);
    return identifiers.map((identifier) => loader.load(identifier));
  });
  return place(answers).map((answer) => (answer instanceof GatewayError ? Promise.reject(answer) : answer));
}
