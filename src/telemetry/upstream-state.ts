import type { ErrorCode } from '../errors.ts';
import type { EventHandlers } from './events.ts';

export interface UpstreamState {
  /** Result of the latest call to the user API; `unknown` before the first. */
  readonly status: 'unknown' | 'ok' | 'failing';
  /** The error code, if it fails. */
  readonly code?: ErrorCode;
}

/** The user API rejected one caller's token: no failure of its own. */
const CALLER_ERROR = 'UNAUTHENTICATED';

/** Follows calls and token renewals, for `/readiness`. */
export function createUpstreamState(): { readonly handlers: EventHandlers; current(): UpstreamState } {
  let state: UpstreamState = { status: 'unknown' };
  return {
    handlers: { 'upstream-call': ({ outcome }) => update(outcome), 'token-renewal': ({ outcome }) => update(outcome) },
    current: () => state,
  };

  function update(outcome: 'answered' | 'renewed' | 'cancelled' | ErrorCode): void {
    if (outcome === 'cancelled') return;
    const isOk = outcome === 'answered' || outcome === 'renewed' || outcome === CALLER_ERROR;
    state = isOk ? { status: 'ok' } : { status: 'failing', code: outcome };
  }
}
