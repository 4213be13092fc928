import { GatewayError } from '../errors.ts';
import type { Breaker } from '../policies/breaker.ts';
import { createCancel } from '../policies/cancel.ts';
import { createPermitQueue } from '../policies/permit-queue.ts';
import type { Permit, RateLimiter } from '../policies/rate-limiter.ts';
import { MAX_IDENTIFIERS_PER_CALL } from '../upstream/user-query.ts';
import {
  type BatchCallOptions,
  createBatchCall,
  isInputRejected,
  isRefusal,
  isSendAgain,
  type Outcome,
} from './batch-call.ts';
import { type BisectionStep, createBisector } from './bisection.ts';
import { breakerOpen, clientDisconnected, shuttingDown } from './errors.ts';
import { Lane } from './lane.ts';
import {
  type Batch,
  type BatchKey,
  hasWaiters,
  type Lookup,
  type LookupResult,
  moveWaiters,
  type RequestContext,
} from './lookup.ts';

export interface SchedulerOptions extends BatchCallOptions {
  rateLimiter: RateLimiter;
  /** @returns lookups that refresh hot users ahead of expiry, at most `room`, to fill a batch. */
  takeRefreshes(batchKey: BatchKey, room: number): Lookup[];
  /** Called for lookups that leave the queue with a call. */
  onSent(lookups: readonly Lookup[]): void;
  /** Called for lookups that go back into the queue. */
  onRequeued(lookups: readonly Lookup[]): void;
  /** @returns the newer lookup that has superseded this one; where there is none, it is the current one again. */
  successorOf(lookup: Lookup): Lookup | undefined;
  /** Called for the lookups of a call that is aborted because no request waits for any of them. */
  onCancelled(lookups: readonly Lookup[]): void;
  /** Called for an identifier that the user API rejects in a call of its own. @param sentAt when that call left. */
  onRejected(lookup: Lookup, error: GatewayError, sentAt: number): void;
  /** Called with the result of each lookup. @param sentAt when its call left. */
  onResult(lookup: Lookup, result: LookupResult, sentAt: number): void;
  /** Called when the user API has asked to back off. */
  onBackoff(error: GatewayError): void;
  /** Called when a call has ended and its lookups are settled or queued again. */
  onCallEnded(): void;
}

/** The lanes that share their permits. */
interface LaneGroup {
  readonly name: string;
  /** The first is the next to be served. */
  readonly lanes: Map<string, { readonly batchKey: BatchKey; readonly lane: Lane }>;
  isWaitingForPermit: boolean;
}

/**
 * Sends the lookups of one credential in batches of up to 100, when the rate limit permits. Lookups by key, by out id, by address, and by
 * address in a named tenant take turns, and so do the tenants: however many are named, a lookup without one waits for three other calls
 * at most.
 */
export class Scheduler {
  readonly rateLimiter: RateLimiter;
  readonly breaker: Breaker;
  /** When the latest call left that was answered, and the latest that was refused with this credential. */
  acceptedAt = Number.NEGATIVE_INFINITY;
  refusedAt = Number.NEGATIVE_INFINITY;
  readonly #options: SchedulerOptions;
  readonly #permits: ReturnType<typeof createPermitQueue>;
  readonly #groups = new Map<string, LaneGroup>();
  readonly #batches = new Set<Batch>();
  readonly #delays = new Set<NodeJS.Timeout>();
  readonly #callUpstream: ReturnType<typeof createBatchCall>;
  readonly #bisect: ReturnType<typeof createBisector>;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.rateLimiter = options.rateLimiter;
    this.breaker = options.breaker;
    this.#permits = createPermitQueue(options.rateLimiter);
    this.#callUpstream = createBatchCall(options);
    this.#bisect = createBisector({
      clock: options.clock,
      send: (group, delayMs) => this.#after(delayMs, () => this.#requeue(group)),
      giveUp: (lookup, error) => options.onResult(lookup, error, options.clock()),
    });
  }

  /** Queues new lookups of one batch key. */
  enqueue(batchKey: BatchKey, lookups: readonly Lookup[], request: RequestContext): void {
    const group = this.#groupOf(batchKey);
    laneIn(group, batchKey).addNew(lookups, request);
    this.#awaitPermit(group);
  }

  /** Gives queued lookups a second place, in the share of another request that waits for them. */
  share(batchKey: BatchKey, lookups: readonly Lookup[], request: RequestContext): void {
    const group = this.#groupOf(batchKey);
    laneIn(group, batchKey).add(lookups, request);
    this.#awaitPermit(group);
  }

  /** Call when no request waits for a lookup any more. @returns true where it was queued, and is dropped. */
  drop(lookup: Lookup): boolean {
    const { batch, batchKey, bisection } = lookup;
    if (batch) {
      if (!batch.lookups.some(hasWaiters)) {
        this.#options.onCancelled(batch.lookups);
        batch.cancel.abort(clientDisconnected());
      }
      return false;
    }
    // A bisection needs its groups whole until they are sent.
    if (bisection) return false;
    return this.#groups.get(groupName(batchKey))?.lanes.get(batchKey.key)?.lane.remove(lookup) ?? false;
  }

  /** Rough milliseconds until this many more lookups of one request would have been sent. */
  estimateMs(batchKey: BatchKey, count: number): number {
    const ownGroup = this.#groups.get(groupName(batchKey));
    const own = ownGroup?.lanes.get(batchKey.key)?.lane;
    // Requests take turns: before the last of these is sent, each other request has sent at most as many.
    const before = own ? Math.min(own.size, own.requests * count) : 0;
    const ownTurns = callsFor(before + count);
    let turns = ownTurns + (ownGroup ? turnsOf(ownGroup, ownTurns, own) : 0);
    const groupTurns = turns;
    for (const group of this.#groups.values()) if (group !== ownGroup) turns += Math.min(turnsOf(group), groupTurns);
    return this.rateLimiter.estimateMs(turns);
  }

  /** Sends refreshes ahead of expiry where nothing is queued and less than half of the rate limit is in use. */
  refreshInSpareQuota(batchKey: BatchKey): void {
    if (this.#permits.length > 0 || !this.rateLimiter.hasSpare()) return;
    const group = this.#groupOf(batchKey);
    laneIn(group, batchKey);
    this.#awaitPermit(group);
  }

  /** True where nothing is queued or in flight, and no call counts against the rate limit any more. */
  isIdle(): boolean {
    return this.#batches.size === 0 && this.#delays.size === 0 && this.#groups.size === 0 && this.rateLimiter.isIdle();
  }

  /** Aborts all calls. Nothing is sent any more. */
  dispose(): void {
    this.#permits.dispose();
    for (const delay of this.#delays) clearTimeout(delay);
    for (const { cancel } of this.#batches) cancel.abort(shuttingDown());
  }

  #groupOf(batchKey: BatchKey): LaneGroup {
    const name = groupName(batchKey);
    let group = this.#groups.get(name);
    if (!group) {
      group = { name, lanes: new Map(), isWaitingForPermit: false };
      this.#groups.set(name, group);
    }
    return group;
  }

  /** A group waits for one permit at a time and goes to the end after it, and so does the lane that has used it. */
  #awaitPermit(group: LaneGroup): void {
    if (group.isWaitingForPermit) return;
    group.isWaitingForPermit = true;
    this.#permits.request((acquire) => {
      group.isWaitingForPermit = false;
      const [first] = group.lanes.values();
      if (first) {
        const { batchKey, lane } = first;
        const lookups = this.#filledUp(batchKey, lane.take(MAX_IDENTIFIERS_PER_CALL));
        if (lookups.length > 0) void this.#send(batchKey, lookups, acquire);
        group.lanes.delete(batchKey.key);
        if (lane.size > 0) group.lanes.set(batchKey.key, first);
      }
      if (group.lanes.size > 0) this.#awaitPermit(group);
      else this.#groups.delete(group.name);
    });
  }

  /** A refresh takes what room a batch has. It has a permit of its own only where no lookup waits for one. */
  #filledUp(batchKey: BatchKey, lookups: Lookup[]): Lookup[] {
    const room = MAX_IDENTIFIERS_PER_CALL - lookups.length;
    const mayFill = lookups.length > 0 ? !lookups[0]?.bisection : this.#permits.length === 0;
    if (room === 0 || !mayFill) return lookups;
    const refreshes = this.#options.takeRefreshes(batchKey, room);
    for (const refresh of refreshes) refresh.state = 'sent';
    return refreshes.length > 0 ? [...lookups, ...refreshes] : lookups;
  }

  async #send(batchKey: BatchKey, queued: readonly Lookup[], acquire: () => Permit): Promise<void> {
    const { breaker, clock, telemetry } = this.#options;
    const sentAt = clock();
    const lookups = queued[0]?.bisection ? this.#withWaiters(queued, sentAt) : queued;
    if (lookups.length === 0) {
      this.#bisect(queued, 'cancelled');
      return;
    }
    const openMs = breaker.openMs();
    if (openMs > 0) {
      this.#rejectWhileOpen(lookups, openMs, sentAt);
      return;
    }
    const batch: Batch = { lookups, cancel: createCancel() };
    let oldestAt = sentAt;
    let refreshes = 0;
    for (const lookup of lookups) {
      lookup.batch = batch;
      if (lookup.queuedAt < oldestAt) oldestAt = lookup.queuedAt;
      if (!lookup.owner) refreshes++;
    }
    this.#batches.add(batch);
    this.#options.onSent(lookups);
    const waitedMs = sentAt - oldestAt;
    const { kind } = batchKey;
    telemetry({ type: 'batch', kind, identifiers: lookups.length, refreshedAhead: refreshes, waitedMs });
    const { outcomes, rateLimited } = await this.#callUpstream(batchKey, batch, acquire());
    this.#batches.delete(batch);
    batch.lookups = [];
    for (const lookup of lookups) {
      lookup.batch = undefined;
      lookup.state = 'retrying';
    }
    if (rateLimited) this.#options.onBackoff(rateLimited);
    this.#apply(lookups, outcomes, sentAt, batch.cancel.signal.aborted);
    this.#options.onCallEnded();
  }

  /** Settles those of a group that no request waits for any more. */
  #withWaiters(lookups: readonly Lookup[], now: number): readonly Lookup[] {
    for (const lookup of lookups) if (!hasWaiters(lookup)) this.#options.onResult(lookup, clientDisconnected(), now);
    return lookups.filter(hasWaiters);
  }

  /** The permit is not spent on a call that is not made. */
  #rejectWhileOpen(lookups: readonly Lookup[], openMs: number, now: number): void {
    const { breaker, onResult } = this.#options;
    if (breaker.isTrying()) {
      for (const lookup of lookups) lookup.state = 'retrying';
      this.#after(openMs, () => this.#requeue(lookups));
      return;
    }
    for (const lookup of lookups) onResult(lookup, lookup.lastError ?? breakerOpen(openMs), now);
    this.#bisect(lookups, breakerOpen(openMs));
  }

  /** Each lookup as its own outcome says. */
  #apply(lookups: readonly Lookup[], outcomes: readonly Outcome[], sentAt: number, isCancelled: boolean): void {
    const { onResult, onRejected } = this.#options;
    let again: Lookup[] | undefined;
    let delayMs = 0;
    for (let index = 0; index < lookups.length; index++) {
      const lookup = lookups[index] as Lookup;
      const outcome = outcomes[index] ?? null;
      if (outcome === 'split') continue;
      if (isSendAgain(outcome)) {
        again ??= [];
        again.push(lookup);
        delayMs = outcome.delayMs;
      } else {
        if (!(outcome instanceof GatewayError)) this.acceptedAt = Math.max(this.acceptedAt, sentAt);
        else if (isRefusal(outcome)) this.refusedAt = Math.max(this.refusedAt, sentAt);
        else if (lookups.length === 1 && isInputRejected(outcome)) onRejected(lookup, outcome, sentAt);
        onResult(lookup, outcome, sentAt);
      }
    }
    if (again) this.#after(delayMs, () => this.#requeue(again));
    else this.#bisect(lookups, isCancelled ? 'cancelled' : stepOf(outcomes));
  }

  #requeue(lookups: readonly Lookup[]): void {
    const { onResult, onRequeued, clock } = this.#options;
    for (const lookup of lookups) this.#giveWay(lookup);
    for (const lookup of lookups) {
      if (lookup.state !== 'done' && !hasWaiters(lookup)) onResult(lookup, lookup.lastError ?? shuttingDown(), clock());
    }
    const wanted = lookups.filter(hasWaiters);
    const [first] = wanted;
    if (!first) {
      this.#bisect(lookups, 'cancelled');
      return;
    }
    this.#addFirst(wanted);
    onRequeued(wanted);
  }

  #addFirst(lookups: readonly Lookup[]): void {
    const { batchKey } = lookups[0] as Lookup;
    const group = this.#groupOf(batchKey);
    laneIn(group, batchKey).addFirst(lookups);
    this.#awaitPermit(group);
  }

  /** In one call an identifier has one result, so two lookups of it must not be queued. Those of a bisection have calls of their own. */
  #giveWay(lookup: Lookup): void {
    const newer = lookup.bisection ? undefined : this.#options.successorOf(lookup);
    if (!newer) return;
    const hadWaiters = hasWaiters(lookup);
    moveWaiters(lookup, newer);
    newer.lastError ??= lookup.lastError;
    if (hadWaiters && newer.state === 'queued' && !newer.bisection) this.#addFirst([newer]);
  }

  #after(ms: number, action: () => void): void {
    if (ms <= 0) {
      action();
      return;
    }
    const delay = setTimeout(() => {
      this.#delays.delete(delay);
      action();
    }, ms);
    this.#delays.add(delay);
  }
}

function laneIn({ lanes }: LaneGroup, batchKey: BatchKey): Lane {
  const known = lanes.get(batchKey.key);
  if (known) return known.lane;
  const lane = new Lane();
  lanes.set(batchKey.key, { batchKey, lane });
  return lane;
}

const groupName = ({ kind, tenantKey }: BatchKey) => (tenantKey === undefined ? kind : `${kind} in a tenant`);

const callsFor = (lookups: number) => Math.ceil(lookups / MAX_IDENTIFIERS_PER_CALL);

/** Calls that the lanes of a group need, each `most` at most. @param except a lane that does not count. */
function turnsOf({ lanes }: LaneGroup, most = Number.POSITIVE_INFINITY, except?: Lane): number {
  let turns = 0;
  for (const { lane } of lanes.values()) if (lane !== except) turns += Math.min(callsFor(lane.size), most);
  return turns;
}

/** What a call shows of its values; an error where no lookup has a result. */
function stepOf(outcomes: readonly Outcome[]): BisectionStep {
  const [first] = outcomes;
  if (first === 'split') return 'rejected';
  if (!(first instanceof GatewayError) || !outcomes.every((one) => one instanceof GatewayError)) return 'accepted';
  return isInputRejected(first) ? 'rejected' : first;
}
