import type { Lookup, RequestContext } from './lookup.ts';

/** Times the limit, whatever the shares. */
const MAX_QUEUE = 2;
/** Times the limit, for requests whose identity is beyond its share: what is above is for other identities. */
const MAX_QUEUE_BEYOND_SHARE = 1.5;

/** How many lookups are queued, and of which identities and requests. Refreshes ahead of expiry do not count. */
export class QueueCount {
  size = 0;
  readonly #limit: number;
  readonly #ofIdentity = new Map<string, { lookups: number; requests: number }>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * True where this many more lookups of a request may be queued. Beyond the limit a request gets in as long as it stays within its fair
   * share: that of its identity among those with lookups queued, or its own among the requests of its identity.
   */
  admits({ identity, queued }: RequestContext, count: number): boolean {
    const total = this.size + count;
    if (total <= this.#limit) return true;
    const own = this.#ofIdentity.get(identity) ?? { lookups: 0, requests: 0 };
    const identityShare = this.#limit / (this.#ofIdentity.size + (own.requests > 0 ? 0 : 1));
    if (own.lookups + count <= identityShare) return total <= MAX_QUEUE * this.#limit;
    const requestShare = identityShare / (own.requests + (queued > 0 ? 0 : 1));
    return queued + count <= requestShare && total <= MAX_QUEUE_BEYOND_SHARE * this.#limit;
  }

  add(lookups: readonly Lookup[]): void {
    for (const lookup of lookups) {
      const { owner } = lookup;
      if (!owner || lookup.isCounted) continue;
      lookup.isCounted = true;
      this.size++;
      const own = this.#ofIdentity.get(owner.identity) ?? { lookups: 0, requests: 0 };
      if (own.lookups++ === 0) this.#ofIdentity.set(owner.identity, own);
      if (owner.queued++ === 0) own.requests++;
    }
  }

  remove(lookup: Lookup): void {
    const { owner } = lookup;
    if (!owner || !lookup.isCounted) return;
    lookup.isCounted = false;
    this.size--;
    const own = this.#ofIdentity.get(owner.identity);
    if (!own) return;
    if (--owner.queued === 0) own.requests--;
    if (--own.lookups === 0) this.#ofIdentity.delete(owner.identity);
  }
}
