import type { Clock } from './clock.ts';
import type { Grant } from './schedule.ts';
import { MAX_SKEW_MS } from './skew.ts';

/** The calls of all processes that share a rate limit, seen from one of them. All times are on the clock of this process. */
export interface RateLimitStore {
  /**
   * Reserves the next call that the rate limit allows. Processes that reserve one call at a time take turns.
   * @throws Error where the store cannot be reached.
   */
  reserve(): Promise<Reservation>;
  /** "Too many calls": a backoff for all processes. */
  penalise(retryAfterMs: number): void;
  /** Since when it can be reached without interruption, on the clock of this process; `undefined` where it is known to be away. */
  reachableSince(): number | undefined;
  /** How many processes share the rate limit, as far as is known; at least 1. */
  replicas(): number;
}

export interface Reservation extends Omit<Grant, 'id' | 'now'> {
  /** The call has arrived at this moment, or before. */
  confirm(arrivedBy: number): void;
  /** The call is not made. */
  release(): void;
}

/** The store at the other end of a connection. All times are on the clock over there. */
export interface RemoteSchedule extends Pick<RateLimitStore, 'reachableSince' | 'replicas' | 'penalise'> {
  reserve(): Promise<Grant>;
  confirm(id: string, arrivedBy: number): void;
  release(id: string): void;
}

/** A grant that was in transit for longer is used later than the store expects. */
const SLOW_MS = 10;

/** Translates between the clock of this process and that of the store. The round trip time is always added on the safe side. */
export function createRateLimitStore(remote: RemoteSchedule, clock: Clock): RateLimitStore {
  return {
    async reserve() {
      const requestedAt = clock();
      const { id, now, leaveAt, pausedUntil, ...figures } = await remote.reserve();
      const grantedAt = clock();
      const roundTripMs = grantedAt - requestedAt;
      if (roundTripMs > SLOW_MS) remote.confirm(id, leaveAt + roundTripMs + MAX_SKEW_MS);
      return {
        ...figures,
        leaveAt: grantedAt + (leaveAt - now),
        pausedUntil: pausedUntil > now ? grantedAt + (pausedUntil - now) : Number.NEGATIVE_INFINITY,
        confirm: (arrivedBy) => remote.confirm(id, now + (arrivedBy - requestedAt)),
        release: () => remote.release(id),
      };
    },
    penalise: remote.penalise,
    reachableSince: remote.reachableSince,
    replicas: remote.replicas,
  };
}
