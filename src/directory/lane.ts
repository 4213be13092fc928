import type { Lookup, RequestContext } from './lookup.ts';

/** The lookups that one request has queued in a lane, in order. Those that have left since are skipped. */
interface Share {
  readonly lookups: Lookup[];
  next: number;
}

/**
 * The fair queue of one batch key. Requests take turns: each gives an equal share of a batch, and a request that had its turn goes to the
 * end. So a single lookup is in one of the next batches, however long the lists before it.
 */
export class Lane {
  /** Lookups that are queued, each counted once. */
  size = 0;
  /** For a call of their own, before all others: parts of a batch that is being split. */
  readonly #groups: (readonly Lookup[])[] = [];
  /** Before all requests: they had their turn, and need another call. */
  #front: Lookup[] = [];
  /** In the order of turns, which is a map's order of insertion. */
  readonly #shares = new Map<RequestContext | undefined, Share>();

  /** Requests that have lookups queued here. */
  get requests(): number {
    return this.#shares.size;
  }

  /**
   * Queues lookups in the share of a request. A lookup that several requests wait for is in the share of each, and leaves with the
   * first.
   */
  add(lookups: readonly Lookup[], request: RequestContext | undefined): void {
    const share = this.#shares.get(request);
    if (share) for (const lookup of lookups) share.lookups.push(lookup);
    else this.#shares.set(request, { lookups: [...lookups], next: 0 });
  }

  /** Queues new lookups. */
  addNew(lookups: readonly Lookup[], request: RequestContext | undefined): void {
    this.size += lookups.length;
    this.add(lookups, request);
  }

  /** Queues lookups again, before all others. */
  addFirst(lookups: readonly Lookup[]): void {
    for (const lookup of lookups) {
      if (lookup.state !== 'queued') this.size++;
      lookup.state = 'queued';
    }
    if (lookups[0]?.bisection) this.#groups.push(lookups);
    else this.#front = [...this.#front, ...lookups];
  }

  /** Takes a lookup out. @returns false where it is not queued. */
  remove(lookup: Lookup): boolean {
    if (lookup.state !== 'queued') return false;
    lookup.state = 'done';
    this.size--;
    return true;
  }

  /** The next batch, at most `max` lookups, each in state `sent`. */
  take(max: number): Lookup[] {
    const batch: Lookup[] = [];
    for (let group = this.#groups.shift(); group; group = this.#groups.shift()) {
      for (const lookup of group) this.#takeOne(lookup, batch);
      if (batch.length > 0) return batch;
    }
    let taken = 0;
    while (taken < this.#front.length && batch.length < max) this.#takeOne(this.#front[taken++] as Lookup, batch);
    this.#front = this.#front.slice(taken);
    while (batch.length < max && this.#shares.size > 0) {
      let turns = this.#shares.size;
      const most = Math.max(1, Math.floor((max - batch.length) / turns));
      for (const [request, share] of this.#shares) {
        // Those put at the end have had their turn in this round.
        if (turns-- === 0 || batch.length === max) break;
        this.#shares.delete(request);
        if (this.#takeShare(share, Math.min(most, max - batch.length), batch)) this.#shares.set(request, share);
      }
    }
    return batch;
  }

  /** @returns true where the share may have more. */
  #takeShare(share: Share, most: number, batch: Lookup[]): boolean {
    const { lookups } = share;
    const end = batch.length + most;
    // Those being split are in a group of their own.
    while (batch.length < end && share.next < lookups.length) {
      const lookup = lookups[share.next++] as Lookup;
      if (!lookup.bisection) this.#takeOne(lookup, batch);
    }
    // What has left at the end must not keep a turn.
    while (share.next < lookups.length && lookups[share.next]?.state !== 'queued') share.next++;
    return share.next < lookups.length;
  }

  #takeOne(lookup: Lookup, batch: Lookup[]): void {
    if (lookup.state !== 'queued') return;
    lookup.state = 'sent';
    this.size--;
    batch.push(lookup);
  }
}
