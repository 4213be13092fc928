import type { ErrorCode } from '../errors.ts';
import type { GatewayEvent } from './events.ts';

export interface UpstreamState {
  /** How the latest call to the user API went; `unknown` before the first. */
  readonly status: 'unknown' | 'ok' | 'failing';
  /** Why, where it is failing. */
  readonly code?: ErrorCode;
}

/** The user API refused the token of one caller: that is no trouble of its own, nor of anybody else. */
const CALLERS_FAULT = 'UNAUTHENTICATED';

/** Follows the events and tells how the user API was doing at the latest call. */
export function createUpstreamState(): { observe(event: GatewayEvent): void; current(): UpstreamState } {
  let state: UpstreamState = { status: 'unknown' };
  return {
    observe(event) {
      if (event.type !== 'upstream-call' && event.type !== 'token-renewal') return;
      const { outcome } = event;
      if (outcome === 'cancelled') return;
      state =
        outcome === 'answered' || outcome === 'renewed' || outcome === CALLERS_FAULT
          ? { status: 'ok' }
          : { status: 'failing', code: outcome };
    },
    current: () => state,
  };
}
