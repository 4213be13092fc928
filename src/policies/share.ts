import type { Clock } from './clock.ts';
import { createRateLimiter, type LocalRateLimiter, WINDOW_MS } from './rate-limiter.ts';

/** The part of the rate limit that one of several processes may use without coordination. @param replicas how many processes. */
export function createShare(callsPerSecond: number, replicas: number, clock: Clock): LocalRateLimiter {
  const calls = callsPerSecond / Math.max(1, replicas);
  return calls >= 1
    ? createRateLimiter({ callsPerSecond: Math.floor(calls), clock })
    : createRateLimiter({ callsPerSecond: 1, windowMs: Math.ceil(1 / calls) * WINDOW_MS, clock });
}
