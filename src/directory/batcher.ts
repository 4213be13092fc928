import { GatewayError } from '../errors.ts';
import { type BreakerOptions, createBreaker } from '../policies/breaker.ts';
import type { Clock } from '../policies/clock.ts';
import type { RateLimiter } from '../policies/rate-limiter.ts';
import { createRetryPolicy, type RetryOptions } from '../policies/retry.ts';
import type { Telemetry } from '../telemetry/events.ts';
import type { Traces } from '../telemetry/tracing.ts';
import { MAX_IDENTIFIERS_PER_CALL, type QueryUsers } from '../upstream/user-query.ts';
import { isDenied } from './batch-call.ts';
import { backoffTooLong, breakerOpen, overloaded, shuttingDown, tooManyIdentities } from './errors.ts';
import {
  type BatchKey,
  createLookup,
  hasWaiters,
  join,
  type Lookup,
  type PendingList,
  type RequestContext,
  settle,
  type Waiter,
  waitersOf,
} from './lookup.ts';
import { QueueCount } from './queue-count.ts';
import { createRefreshAhead } from './refresh-ahead.ts';
import { Scheduler } from './scheduler.ts';
import type { UserStore } from './user-store.ts';

export interface BatcherOptions {
  queryUsers: QueryUsers;
  rateLimiterOf(identity: string): RateLimiter;
  retry: RetryOptions;
  breaker: BreakerOptions;
  /** Lookups that may be queued, over all requests. */
  queueLimit: number;
  /** Credentials with lookups in flight at a time. */
  maxIdentities: number;
  /** Caches what calls return. */
  store: UserStore;
  clock: Clock;
  telemetry: Telemetry;
  traces: Traces;
}

export interface BatcherState {
  readonly lookupsQueued: number;
  /** Calls that count against the quota at this moment, of all credentials, and what they may count to. */
  readonly quotaInUse: number;
  readonly quotaLimit: number;
  /** Credentials whose circuit breaker is open. */
  readonly breakersOpen: number;
  /** Credentials that are kept. */
  readonly identities: number;
}

type IsMeant = (batchKey: BatchKey, id: string) => boolean;

/**
 * All lookups in flight, one for each identifier, over all requests and credentials. One for a process. Requests join a lookup that is in
 * flight, or queue one; a scheduler for each credential sends them.
 */
export class Batcher {
  readonly #options: BatcherOptions;
  /** By batch key, then by identifier: the current lookup of each. */
  readonly #inFlight = new Map<string, Map<string, Lookup>>();
  /** Lookups that a newer one of the same identifier has superseded. Their waiters still wait for them. */
  readonly #superseded = new Set<Lookup>();
  /** By identity, the one longest unused first, which is a map's order of insertion. */
  readonly #schedulers = new Map<string, Scheduler>();
  #latestIdentity: string | undefined;
  readonly #refreshes: ReturnType<typeof createRefreshAhead>;
  readonly #queue: QueueCount;
  #isDisposed = false;

  constructor(options: BatcherOptions) {
    this.#options = options;
    this.#refreshes = createRefreshAhead(options.clock);
    this.#queue = new QueueCount(options.queueLimit);
  }

  /**
   * Has these wait for lookups in flight. Not for one that was sent before a request that bypasses the cache, nor for one that the
   * backoff delays beyond the deadline.
   * @returns those for which none is in flight.
   */
  join(batchKey: BatchKey, waiters: readonly Waiter[], request: RequestContext): readonly Waiter[] {
    const inFlight = this.#inFlight.get(batchKey.key);
    if (!inFlight) return waiters;
    const scheduler = this.#schedulerOf(request);
    if (!scheduler) return waiters;
    const isTooLate = scheduler.rateLimiter.backoffMs() >= request.deadlineAt - this.#options.clock();
    const missing: Waiter[] = [];
    const queued: Lookup[] = [];
    for (const waiter of waiters) {
      const lookup = inFlight.get(waiter.id);
      const isQueued = lookup?.state === 'queued' || lookup?.state === 'retrying';
      if (!lookup || (isQueued ? isTooLate : request.bypassCache)) {
        missing.push(waiter);
        continue;
      }
      if (lookup.state === 'queued') queued.push(lookup);
      join(waiter, lookup);
    }
    if (queued.length > 0) scheduler.share(batchKey, queued, request);
    return missing;
  }

  /** Queues a lookup for each, all or none. @returns why none is. */
  queue(batchKey: BatchKey, list: PendingList, missing: readonly Waiter[]): GatewayError | undefined {
    if (missing.length === 0) return undefined;
    if (this.#isDisposed) return shuttingDown();
    const { request } = list;
    const scheduler = this.#schedulerOf(request);
    if (!scheduler) return tooManyIdentities(this.#options.maxIdentities);
    const rejection = this.#admit(scheduler, batchKey, missing.length, request);
    if (rejection) return rejection;
    const queuedAt = this.#options.clock();
    const lookups = missing.map((waiter) => {
      const lookup = createLookup(batchKey, waiter.id, waiter.spelling, request, queuedAt);
      this.#add(lookup);
      join(waiter, lookup);
      return lookup;
    });
    this.#queue.add(lookups);
    scheduler.enqueue(batchKey, lookups, request);
    return undefined;
  }

  /** Call when a request has left a lookup: drops it where no other waits. */
  dropIfUnwanted(lookup: Lookup): void {
    if (hasWaiters(lookup) || !this.#schedulers.get(lookup.batchKey.identity)?.drop(lookup)) return;
    this.#queue.remove(lookup);
    this.#remove(lookup);
  }

  /** True where the user API has refused this credential, and not accepted it since. */
  isRefused(identity: string): boolean {
    const scheduler = this.#schedulers.get(identity);
    return (
      scheduler !== undefined &&
      scheduler.refusedAt > Number.NEGATIVE_INFINITY &&
      scheduler.refusedAt >= scheduler.acceptedAt
    );
  }

  /** True where the user API has accepted this credential, and not refused it since. False where nothing is known of it any more. */
  isAccepted(identity: string): boolean {
    const scheduler = this.#schedulers.get(identity);
    return scheduler !== undefined && scheduler.acceptedAt > scheduler.refusedAt;
  }

  /** True where a waiter waits for the user API, not for the gateway's own queue: sent, failed before, or held up by a backoff. */
  isHeldUp({ lookup }: Waiter): boolean {
    if (!lookup) return false;
    const { state, lastError, batchKey, queuedAt } = lookup;
    if (state === 'sent' || lastError) return true;
    return this.#schedulers.get(batchKey.identity)?.rateLimiter.hasBackedOffSince(queuedAt) ?? false;
  }

  /** Fetches a hot user before it expires: with a batch that has room, or in quota that no lookup needs. */
  refreshAhead(batchKey: BatchKey, id: string, expiresAt: number, request: RequestContext): void {
    if (this.#isDisposed) return;
    this.#refreshes.add(batchKey, id, expiresAt);
    this.#schedulerOf(request)?.refreshInSpareQuota(batchKey);
  }

  /** Refreshes these no more, and lets no request join a call for them that has been sent. */
  forget(isMeant: IsMeant): void {
    this.#refreshes.drop(isMeant);
    for (const lookup of this.#current()) {
      if (lookup.state !== 'sent' || !isMeant(lookup.batchKey, lookup.id)) continue;
      this.#remove(lookup);
      this.#superseded.add(lookup);
    }
  }

  state(): BatcherState {
    const schedulers = [...this.#schedulers.values()];
    const usages = schedulers.map(({ rateLimiter }) => rateLimiter.usage());
    return {
      lookupsQueued: this.#queue.size,
      quotaInUse: usages.reduce((sum, { inUse }) => sum + inUse, 0),
      quotaLimit: usages.reduce((sum, { limit }) => sum + limit, 0),
      breakersOpen: schedulers.filter(({ breaker }) => breaker.isOpen()).length,
      identities: schedulers.length,
    };
  }

  /** Ends the wait of all requests, and rejects new ones. */
  dispose(): void {
    this.#isDisposed = true;
    for (const lookup of [...this.#superseded, ...this.#current()]) {
      this.#remove(lookup);
      settle(lookup, shuttingDown());
    }
    for (const scheduler of this.#schedulers.values()) scheduler.dispose();
  }

  /** Admission, before anything is queued: accepted lookups are never evicted. @returns why these lookups are rejected. */
  #admit(scheduler: Scheduler, batchKey: BatchKey, count: number, request: RequestContext): GatewayError | undefined {
    const { rateLimiter, breaker } = scheduler;
    const leftMs = request.deadlineAt - this.#options.clock();
    const backoffMs = rateLimiter.backoffMs();
    if (backoffMs > 0 && backoffMs >= leftMs && !rateLimiter.claimProbe()) return backoffTooLong(backoffMs);
    const openMs = breaker.openMs();
    if (openMs > 0) return breakerOpen(openMs);
    const waitMs = scheduler.estimateMs(batchKey, count);
    if (waitMs >= leftMs) return overloaded('these lookups would be sent after the deadline', waitMs - leftMs);
    if (this.#queue.admits(request, count)) return undefined;
    return overloaded('its queue is full', rateLimiter.estimateMs(this.#queue.size / MAX_IDENTIFIERS_PER_CALL));
  }

  #schedulerOf(request: RequestContext): Scheduler | undefined {
    const { identity } = request;
    request.onLeave ??= (lookup) => this.dropIfUnwanted(lookup);
    const known = this.#schedulers.get(identity);
    if (known && this.#latestIdentity === identity) return known;
    if (!known && this.#schedulers.size >= this.#options.maxIdentities && !this.#dropIdle()) return undefined;
    const scheduler = known ?? this.#createScheduler(request);
    this.#schedulers.delete(identity);
    this.#schedulers.set(identity, scheduler);
    this.#latestIdentity = identity;
    return scheduler;
  }

  /** An idle one has no lookup to lose, and a new one would allow no more calls. @returns false where none is idle. */
  #dropIdle(): boolean {
    for (const [identity, scheduler] of this.#schedulers) {
      if (!scheduler.isIdle()) continue;
      scheduler.dispose();
      return this.#schedulers.delete(identity);
    }
    return false;
  }

  #createScheduler({ identity, userToken }: RequestContext): Scheduler {
    const { queryUsers, clock, telemetry, traces, store } = this.#options;
    const scheduler: Scheduler = new Scheduler({
      rateLimiter: this.#options.rateLimiterOf(identity),
      retry: createRetryPolicy({ ...this.#options.retry, clock }),
      breaker: createBreaker({ ...this.#options.breaker, clock }),
      queryUsers: (query, call) => queryUsers(query, { ...call, userToken }),
      takeRefreshes: (batchKey, room) => {
        const inFlight = this.#inFlight.get(batchKey.key);
        const refreshes = this.#refreshes.take(batchKey, room).filter(({ id }) => !inFlight?.has(id));
        for (const refresh of refreshes) this.#add(refresh);
        return refreshes;
      },
      onSent: (lookups) => {
        for (const lookup of lookups) this.#queue.remove(lookup);
      },
      onRequeued: (lookups) => {
        this.#queue.add(lookups);
        // Joined while they were between two calls.
        if (scheduler.rateLimiter.backoffMs() > 0) this.#rejectBeyondBackoff(scheduler, identity);
      },
      successorOf: (lookup) => this.#successorOf(lookup),
      onCancelled: (lookups) => {
        for (const lookup of lookups) this.#remove(lookup);
      },
      onRejected: ({ batchKey, id }, error, sentAt) => store.setInvalid(batchKey, id, error, sentAt),
      onResult: (lookup, result, sentAt) => {
        if (lookup.isCounted) this.#queue.remove(lookup);
        if (!(result instanceof GatewayError)) store.set(lookup.batchKey, lookup.id, result, sentAt);
        else if (isDenied(result)) store.cache.deny(lookup.batchKey, lookup.id, sentAt);
        this.#remove(lookup);
        settle(lookup, result);
      },
      onBackoff: (error) => this.#rejectBeyondBackoff(scheduler, identity, error),
      onCallEnded: () => {
        for (const batchKey of this.#refreshes.keysOf(identity)) scheduler.refreshInSpareQuota(batchKey);
      },
      clock,
      telemetry,
      traces,
    });
    return scheduler;
  }

  /** Requests whose deadline does not allow the backoff are rejected at once. Calls that were sent go on. */
  #rejectBeyondBackoff({ rateLimiter }: Scheduler, identity: string, error?: GatewayError): void {
    const backoffMs = rateLimiter.backoffMs();
    const endsAt = this.#options.clock() + backoffMs;
    for (const lookup of [...this.#superseded, ...this.#current()]) {
      if (lookup.batchKey.identity !== identity || lookup.state === 'sent') continue;
      const late = waitersOf(lookup).filter(({ list }) => list.request.deadlineAt <= endsAt);
      for (const waiter of late) waiter.list.request.leave(waiter, backoffTooLong(backoffMs, error?.upstream));
      if (late.length > 0) this.#options.telemetry({ type: 'shed', kind: lookup.batchKey.kind, lookups: late.length });
    }
  }

  /** Makes it the current lookup of its identifier. */
  #add(lookup: Lookup): void {
    const { batchKey, id } = lookup;
    let inFlight = this.#inFlight.get(batchKey.key);
    if (!inFlight) {
      inFlight = new Map();
      this.#inFlight.set(batchKey.key, inFlight);
    }
    const earlier = inFlight.get(id);
    if (earlier) {
      earlier.isCurrent = false;
      this.#superseded.add(earlier);
    }
    lookup.isCurrent = true;
    inFlight.set(id, lookup);
  }

  #remove(lookup: Lookup): void {
    if (!lookup.isCurrent) {
      this.#superseded.delete(lookup);
      return;
    }
    lookup.isCurrent = false;
    const { batchKey, id } = lookup;
    const inFlight = this.#inFlight.get(batchKey.key);
    if (inFlight?.delete(id) && inFlight.size === 0) this.#inFlight.delete(batchKey.key);
  }

  #successorOf(lookup: Lookup): Lookup | undefined {
    if (lookup.isCurrent) return undefined;
    const newer = this.#inFlight.get(lookup.batchKey.key)?.get(lookup.id);
    if (newer) return newer;
    this.#superseded.delete(lookup);
    this.#add(lookup);
    return undefined;
  }

  #current(): Lookup[] {
    return Array.from(this.#inFlight.values(), (lookups) => [...lookups.values()]).flat();
  }
}
