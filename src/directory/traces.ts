import type { Person } from '../upstream/person.ts';
import type { LookupKind } from '../upstream/user-query.ts';
import { comparable, identifierOf } from './identifier.ts';
import { lookUpOf } from './look-up.ts';
import { createNameSet, EVERY_KIND, type NameSet, nameOf, namesOf, type PersonName } from './person-name.ts';

/** Where an identifier leads: to the entry of a person, or to nobody. */
export type Alias = { readonly entryKey: string } | { readonly nobodySince: number };

/** What in memory belongs to a person. */
export interface Traces {
  /** All that they go by here, beginning with what was asked. */
  readonly names: NameSet;
  readonly entryKeys: ReadonlySet<string>;
  readonly aliasKeys: ReadonlySet<string>;
}

/**
 * Finds a person under all their aliases, of all identities and tenants: what one entry tells leads to the next, as long as
 * there is something new. Whoever shares an address with them, or had it before, is found, too: to forget one too many costs a
 * call, to miss one would be a promise broken.
 *
 * Looks at all that is remembered, some hundredth of a second where memory is full.
 */
export function findTraces(
  entries: Iterable<readonly [string, { readonly person: Person }]>,
  aliases: Iterable<readonly [string, Alias]>,
  asked: readonly PersonName[],
): Traces {
  const names = createNameSet(asked);
  const entryKeys = new Set<string>();
  const aliasKeys = new Set<string>();
  const found = () => names.names.length + entryKeys.size + aliasKeys.size;
  for (let before = -1; before < found(); ) {
    before = found();
    for (const [key, alias] of aliases) lookAtAlias(key, alias);
    for (const [key, { person }] of entries) lookAtEntry(key, person);
  }
  return { names, entryKeys, aliasKeys };

  function lookAtAlias(key: string, alias: Alias): void {
    const leadsToThem = 'entryKey' in alias && entryKeys.has(alias.entryKey);
    // Most are of others, and taking a key apart takes long.
    if (!leadsToThem && !names.mayMean(key.slice(key.lastIndexOf('\n') + 1))) return;
    const { subject, id } = lookUpOf(key);
    if (!leadsToThem && !names.means(subject, id)) return;
    aliasKeys.add(key);
    names.add(nameOf(subject, id));
    if ('entryKey' in alias) entryKeys.add(alias.entryKey);
  }

  function lookAtEntry(key: string, person: Person): void {
    if (!entryKeys.has(key) && !EVERY_KIND.some((kind) => names.mayMean(idOf(person, kind)))) return;
    const own = namesOf(person, lookUpOf(key).subject.tenantKey);
    if (!entryKeys.has(key) && !own.some((name) => names.means(name, name.identifier))) return;
    entryKeys.add(key);
    for (const name of own) names.add(name);
  }
}

const idOf = (person: Person, kind: LookupKind) => comparable(kind, identifierOf(person, kind) ?? '');
