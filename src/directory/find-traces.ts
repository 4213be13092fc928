import type { Person } from '../upstream/person.ts';
import { comparable } from './identifier.ts';
import { lookUpOf } from './look-up.ts';
import { createNameSet, EVERY_KIND, type NameSet, nameOf, namesOf, type PersonName } from './person-name.ts';

/** Where an identifier leads: to the entry of a person, or to nobody. Denied: to nobody that may be shown, so it is not served. */
export type Alias = PersonAlias | { readonly nobodySince: number; readonly isDenied?: true };

export interface PersonAlias {
  readonly entryKey: string;
  /** When the call left that told so at the latest. */
  readonly fetchedAt: number;
  isRefreshing: boolean;
}

/** What in memory belongs to a person. */
export interface Traces {
  /** All that they go by here, beginning with what was asked. */
  readonly names: NameSet;
  readonly entryKeys: ReadonlySet<string>;
  readonly aliasKeys: ReadonlySet<string>;
}

/** What is remembered, to be looked at one by one. */
interface Remembered<Value> {
  forEach(look: (value: Value, key: string) => void): void;
}

/**
 * Finds a person under all their aliases, of all identities and tenants: what one entry tells leads to the next, as long as
 * there is something new. Whoever shares an address with them, or had it before, is found, too: to forget one too many costs a
 * call, to miss one would be a promise broken.
 *
 * Looks at all that is remembered, which takes a tenth of a second where memory is full: an index would cost every look-up something.
 */
export function findTraces(
  entries: Remembered<{ readonly person: Person }>,
  aliases: Remembered<Alias>,
  asked: readonly PersonName[],
): Traces {
  const names = createNameSet(asked);
  const entryKeys = new Set<string>();
  const aliasKeys = new Set<string>();
  do {
    while (grows(() => entries.forEach(lookAtEntry)));
    // Rows tell nearly all, so aliases seldom lead further.
  } while (grows(() => aliases.forEach(lookAtAlias)));
  return { names, entryKeys, aliasKeys };

  function grows(look: () => void): boolean {
    const found = () => names.names.length + entryKeys.size;
    const before = found();
    look();
    return found() > before;
  }

  // Nearly all are of others, so what takes apart a row or a key comes last.
  function lookAtEntry({ person }: { readonly person: Person }, key: string): void {
    const isKnown = entryKeys.has(key);
    if (!isKnown && !EVERY_KIND.some((kind) => names.has(kind, comparable(kind, person[kind] ?? '')))) return;
    const own = namesOf(person, lookUpOf(key).subject.tenantKey);
    if (!isKnown && !own.some((name) => names.means(name, name.identifier))) return;
    entryKeys.add(key);
    for (const name of own) names.add(name);
  }

  function lookAtAlias(alias: Alias, key: string): void {
    const leadsToThem = 'entryKey' in alias && entryKeys.has(alias.entryKey);
    if (!leadsToThem && !names.names.some(({ identifier }) => key.endsWith(identifier))) return;
    const { subject, id } = lookUpOf(key);
    if (!leadsToThem && !names.means(subject, id)) return;
    aliasKeys.add(key);
    names.add(nameOf(subject, id));
    if ('entryKey' in alias) entryKeys.add(alias.entryKey);
  }
}
