import type { LookupKind } from '../upstream/user-query.ts';
import { comparable } from './identifier.ts';
import type { LookupResult } from './look-up.ts';

/** An identifier that was asked for before, in another place of the same list. */
export interface Repeat {
  readonly place: number;
  readonly first: number;
}

/** Equal for two that are one. What cannot be an identifier is repeated like what can; a program in JavaScript may give what is no text at all. */
export function idAt(kind: LookupKind, identifiers: readonly string[], place: number): string | number {
  const raw = identifiers[place];
  return typeof raw === 'string' ? comparable(kind, raw) : place;
}

/** @returns false where it was there already. One question, not two: there are hundreds. */
export function addTo<Value>(set: Set<Value>, value: Value): boolean {
  const before = set.size;
  return set.add(value).size > before;
}

/** @returns all that are, in the order of their places. */
export function repeatsIn(kind: LookupKind, identifiers: readonly string[]): Repeat[] {
  const firsts = new Map<string | number, number>();
  const repeats: Repeat[] = [];
  for (let place = 0; place < identifiers.length; place++) {
    const id = idAt(kind, identifiers, place);
    const first = firsts.get(id);
    if (first === undefined) firsts.set(id, place);
    else repeats.push({ place, first });
  }
  return repeats;
}

export function withoutRepeats(results: readonly LookupResult[], repeats: readonly Repeat[]): LookupResult[] {
  const places = new Set(repeats.map(({ place }) => place));
  return results.filter((_, place) => !places.has(place));
}
