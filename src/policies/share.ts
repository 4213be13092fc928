import type { Clock } from './clock.ts';
import { createQuota, type OwnQuota, WINDOW_MS } from './quota.ts';

/** The part of a quota that one of several processes may use without asking the others. @param replicas how many they are. */
export function createShare(callsPerSecond: number, replicas: number, clock: Clock): OwnQuota {
  const calls = callsPerSecond / Math.max(1, replicas);
  return calls >= 1
    ? createQuota({ callsPerSecond: Math.floor(calls), clock })
    : createQuota({ callsPerSecond: 1, windowMs: Math.ceil(1 / calls) * WINDOW_MS, clock });
}
