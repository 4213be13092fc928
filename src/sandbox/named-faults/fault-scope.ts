import type { ReceivedCall } from '../faults.ts';
import { KINDS, type Kind } from '../people-index.ts';
import { choice, share, wholeNumber } from './parameter.ts';

export type FaultInterface = 'user_query' | 'plugin_token' | 'both';

/** Which calls a fault strikes, and when it ends by itself. Without any of these: every user query, until it is ended. */
export interface FaultScope {
  /** Ends after it struck so many calls. */
  readonly calls?: number;
  /** Strikes at random this share of the calls, 0 to 1. @default 1 */
  readonly share?: number;
  /** Strikes every n-th of the calls: 3 is the third, the sixth … @default 1 */
  readonly every?: number;
  /** Ends so many milliseconds after its start. */
  readonly forMs?: number;
  /** @default 'user_query', for the token faults as they say */
  readonly interface?: FaultInterface;
  /** Strikes only queries that name people this way. */
  readonly kind?: Kind;
}

/** How each part of a scope is read. */
export const SCOPE_PARAMETERS = {
  calls: wholeNumber(1, 1_000_000_000),
  share: share(),
  every: wholeNumber(1, 1_000_000_000),
  forMs: wholeNumber(1, 2 ** 31 - 1),
  interface: choice(['user_query', 'plugin_token', 'both']),
  kind: choice(KINDS),
} as const;

/** Is the call of the interface and the kind that the scope names? */
export function isInScope({ interface: name, kind }: FaultScope, call: ReceivedCall): boolean {
  if (name !== 'both' && name !== call.interface) return false;
  return kind === undefined || (call.interface === 'user_query' && identifiersOf(call.body, kind).length > 0);
}

/** The identifiers of one kind in a body of any shape. */
export function identifiersOf(body: unknown, kind: Kind): readonly unknown[] {
  const list: unknown = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[kind] : undefined;
  return Array.isArray(list) ? list : [];
}
