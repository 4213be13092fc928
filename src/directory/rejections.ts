import { LRUCache } from 'lru-cache';
import type { GatewayError } from '../errors.ts';
import { type Clock, monotonicClock } from '../policies/clock.ts';
import { lookUpKey, type Subject } from './look-up.ts';

/** Identifiers that the user API refuses: one of them fails the whole call it is in. The only errors ever remembered. */
export interface Rejections {
  get(subject: Subject, id: string): GatewayError | undefined;
  add(subject: Subject, id: string, error: GatewayError): void;
}

const REMEMBERED_MS = 60_000;
const MOST_REMEMBERED = 10_000;

export function createRejections(clock: Clock = monotonicClock): Rejections {
  const byKey = new LRUCache<string, { readonly error: GatewayError; readonly until: number }>({
    max: MOST_REMEMBERED,
  });
  return {
    get(subject, id) {
      const known = byKey.get(lookUpKey(subject, id));
      return known && clock() < known.until ? known.error : undefined;
    },
    add(subject, id, error) {
      byKey.set(lookUpKey(subject, id), { error, until: clock() + REMEMBERED_MS });
    },
  };
}
