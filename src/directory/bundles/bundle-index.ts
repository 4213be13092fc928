import type { Subject } from '../look-up.ts';
import type { Bundle } from './bundle.ts';
import { CODES, codeOf } from './code-of.ts';

/** The bundles of one list. */
export interface BundleList {
  readonly subject: Subject;
  /** All that are asked for in the list, in these bundles or not. */
  readonly ids: ReadonlySet<string | number>;
  readonly bundles: readonly Bundle[];
  /** How many of them are in the index. */
  indexed: number;
}

/** Finds the bundle that an identifier is in, among those that are whole. */
export interface BundleIndex {
  add(list: BundleList): void;
  /** To be called when a bundle is not whole any more. */
  remove(bundle: Bundle): void;
  /** @param code that of the identifier, where it is known. */
  find(subject: Subject, id: string, code?: number): Bundle | undefined;
  all(): Bundle[];
}

/**
 * Nearly all who are asked for are in no bundle, and to keep a map of all who are would cost more than all else that is done for them. So
 * it counts codes of identifiers, and looks at the lists where the code of one is there: then it is there, or another with its code.
 * Whatever identifiers somebody makes up, who is in none of the lists takes one look at each at most.
 */
export function createBundleIndex(): BundleIndex {
  const bySubject = new Map<string, Set<BundleList>>();
  /** How many identifiers there are of each code. */
  let counts: Uint32Array | undefined;

  return {
    add(list) {
      counts ??= new Uint32Array(CODES);
      const { key } = list.subject;
      const lists = bySubject.get(key);
      if (lists) lists.add(list);
      else bySubject.set(key, new Set([list]));
      list.indexed = list.bundles.length;
      for (const bundle of list.bundles) {
        bundle.list = list;
        count(bundle, 1);
      }
    },
    remove(bundle) {
      const { list } = bundle;
      if (!list) return;
      bundle.list = undefined;
      count(bundle, -1);
      if (--list.indexed > 0) return;
      const { key } = list.subject;
      const lists = bySubject.get(key);
      if (lists?.delete(list) && lists.size === 0) bySubject.delete(key);
    },
    find({ key }, id, code) {
      const lists = bySubject.get(key);
      if (!lists || !counts || counts[code ?? codeOf(id)] === 0) return undefined;
      for (const { ids, bundles } of lists) {
        const found = ids.has(id) ? bundles.find((bundle) => bundle.list && bundle.ids.includes(id)) : undefined;
        if (found) return found;
      }
      return undefined;
    },
    all: () => [...bySubject.values()].flatMap((lists) => [...lists].flatMap(bundlesOf)),
  };

  function count({ codes }: Bundle, change: 1 | -1): void {
    if (counts) for (const code of codes) counts[code] = (counts[code] as number) + change;
  }
}

const bundlesOf = ({ bundles }: BundleList) => bundles.filter(({ list }) => list !== undefined);
