import { PLUGIN_IDENTITY } from './directory/lookup.ts';
import type { Clock } from './policies/clock.ts';
import { createQuota, type Quota } from './policies/quota.ts';
import { createSharedQuota, type QuotaMode } from './policies/shared-quota.ts';
import type { SharedState } from './shared-state.ts';
import type { Telemetry } from './telemetry/events.ts';

export interface QuotaParts {
  readonly callsPerSecond: number;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** The quota of each credential: of this gateway alone, or in common with others. */
export function quotasOf(shared: SharedState | undefined, parts: QuotaParts): (identity: string) => Quota {
  const { callsPerSecond, clock, telemetry } = parts;
  // Of the plugin only: callers come and go.
  const tellMode = (identity: string) => (mode: QuotaMode) => {
    if (identity === PLUGIN_IDENTITY) telemetry({ type: 'quota-mode', mode });
  };
  return (identity) =>
    shared
      ? createSharedQuota({ log: shared.slotLogOf(identity), callsPerSecond, clock, onMode: tellMode(identity) })
      : createQuota({ callsPerSecond, clock });
}
