import { LRUCache } from 'lru-cache';
import type { GatewayError } from '../errors.ts';
import { type Clock, monotonicClock } from '../policies/clock.ts';
import { lookUpKey, lookUpOf, type Subject } from './look-up.ts';
import { ownText } from './own-text.ts';
import type { NameSet } from './person-name.ts';

/** Identifiers that the user API refuses: one of them fails the whole call it is in. The only errors ever remembered. */
export interface Rejections {
  get(subject: Subject, id: string): GatewayError | undefined;
  add(subject: Subject, id: string, error: GatewayError): void;
  /** Forgets these identifiers, of all identities and tenants. @returns how many there were. */
  forget(names: Pick<NameSet, 'means'>): number;
}

const REMEMBERED_MS = 60_000;
const MOST_REMEMBERED = 10_000;

export function createRejections(clock: Clock = monotonicClock): Rejections {
  const byKey = new LRUCache<string, { readonly error: GatewayError; readonly until: number }>({
    max: MOST_REMEMBERED,
  });
  return {
    get(subject, id) {
      // There are next to none, and every look-up asks.
      if (byKey.size === 0) return undefined;
      const known = byKey.get(lookUpKey(subject, id));
      return known && clock() < known.until ? known.error : undefined;
    },
    add(subject, id, error) {
      byKey.set(ownText(lookUpKey(subject, id)), { error, until: clock() + REMEMBERED_MS });
    },
    forget(names) {
      const meant = [...byKey.keys()].filter((key) => {
        const { subject, id } = lookUpOf(key);
        return names.means(subject, id);
      });
      for (const key of meant) byKey.delete(key);
      return meant.length;
    },
  };
}
