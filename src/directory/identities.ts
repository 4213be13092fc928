import type { Dispatcher } from './dispatcher.ts';
import type { Ticket } from './look-up.ts';

/** What is kept of one credential: its lanes, calls, quota and breaker. */
export interface Identity {
  readonly dispatcher: Dispatcher;
  /** When the latest call left that was answered, and the latest that was refused with this credential. @default never */
  acceptedAt: number;
  refusedAt: number;
}

/** The credentials that are asked with, each apart from all others. */
export interface Identities {
  /** @returns `undefined` where nothing is kept of it. */
  find(identity: string): Identity | undefined;
  /**
   * Finds what is kept of whoever asks, or begins anew: then the one longest idle makes room.
   * @returns `undefined` where there is no room, since all of them are busy.
   */
  keep(ticket: Ticket): Identity | undefined;
  /** All that are kept. */
  list(): Iterable<Identity>;
  /** Ends what is under way, for all of them. */
  dispose(): void;
}

/**
 * An identity is idle when nothing of it is queued or under way and none of its calls counts against its quota any more: so
 * dropping it loses nobody's look-up, and whoever comes back at once is not allowed more calls than the vendor allows.
 *
 * @param most each costs a few kilobytes, and holds its caller's token as long as it is kept.
 * @param begin makes what is kept of an identity that asks for the first time.
 */
export function createIdentities(most: number, begin: (ticket: Ticket) => Identity): Identities {
  // A map keeps the order of insertion: whoever asked last stands last.
  const kept = new Map<string, Identity>();
  /** Who stands last: nobody has to move where they ask again. */
  let latest: string | undefined;

  return {
    find: (identity) => kept.get(identity),
    keep(ticket) {
      const known = kept.get(ticket.identity);
      if (!known && kept.size >= most && !dropIdle()) return undefined;
      if (known && latest === ticket.identity) return known;
      const identity = known ?? begin(ticket);
      kept.delete(ticket.identity);
      kept.set(ticket.identity, identity);
      latest = ticket.identity;
      return identity;
    },
    list: () => kept.values(),
    dispose() {
      for (const { dispatcher } of kept.values()) dispatcher.dispose();
    },
  };

  /** @returns false where none is idle. */
  function dropIdle(): boolean {
    for (const [name, { dispatcher }] of kept) {
      if (!dispatcher.isIdle()) continue;
      dispatcher.dispose();
      return kept.delete(name);
    }
    return false;
  }
}
