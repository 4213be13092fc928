import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from '../errors.ts';
import type { CancelSignal } from '../policies/cancel.ts';
import { type Clock, monotonicClock } from '../policies/clock.ts';
import { untilAborted } from '../policies/deadline.ts';
import { hedged } from '../policies/hedge.ts';
import { createPace } from '../policies/pace.ts';
import { noTelemetry, type Telemetry } from '../telemetry/events.ts';
import type { CallSpan } from '../telemetry/traces/call-span.ts';
import { createTraces, type Traces } from '../telemetry/traces.ts';
import { decodePluginToken } from './envelope.ts';
import { getSharedToken } from './shared-token.ts';
import type { PluginTokenLife, TokenStore } from './token-store.ts';
import type { Transport } from './transport.ts';
import { isProxyFailure } from './transport.ts';

export interface PluginCredential {
  /** `MII_…`, from the developer console. */
  pluginId: string;
  pluginSecret: string;
  /** A virtual token is for development: only the plugin's collaborators can be found with it. @default official */
  tokenType?: 'official' | 'virtual' | undefined;
}

export interface PluginTokenOptions extends PluginCredential {
  transport: Transport;
  /** Deadline of one renewal, in milliseconds. */
  timeoutMs: number;
  /** Shares the token with other processes. @default each process has its own */
  tokenStore?: TokenStore | undefined;
  clock?: Clock | undefined;
  telemetry?: Telemetry | undefined;
  traces?: Traces | undefined;
}

/** The plugin token: obtained when first needed, kept, renewed before its end. */
export interface PluginToken {
  /**
   * The current token. All callers that need a new one share one renewal.
   * @throws GatewayError UPSTREAM_UNAUTHENTICATED where the credential is refused; UPSTREAM_UNAVAILABLE, _TIMEOUT,
   *   _RATE_LIMITED or _BAD_RESPONSE where the renewal failed; the signal's reason where that aborts first.
   */
  get(signal: CancelSignal): Promise<string>;
  /** Says that the user API refused this token. Ignored where it has been replaced since. */
  refuse(token: string): void;
  /** How old the current token is, in milliseconds; `undefined` where there is none that serves. */
  ageMs(): number | undefined;
  close(): void;
}

/** The vendor's SDKs renew 3 minutes before the end. */
const RENEW_BEFORE_MS = 180_000;
/** After an early renewal failed, the old token still serves; asking again on every look-up would not help. */
const EARLY_RETRY_MS = 5_000;
/** Where the token is refused or does not come, look-ups by the hundred must not ask for it by the hundred. */
const RENEWALS_PER_SECOND = 3;

export function createPluginToken(options: PluginTokenOptions): PluginToken {
  const { transport, pluginId, pluginSecret, timeoutMs } = options;
  const clock = options.clock ?? monotonicClock;
  const telemetry = options.telemetry ?? noTelemetry;
  const traces = options.traces ?? createTraces();
  const type = options.tokenType === 'virtual' ? 1 : 0;
  const closing = new AbortController();
  const pace = createPace(RENEWALS_PER_SECOND, clock);

  // One request that is never answered would hold up everybody.
  const fetchHedged = (signal: AbortSignal, span: CallSpan) =>
    hedged((until) => span.within(() => fetchToken(until, span)), { afterMs: timeoutMs / 3, signal });
  const { tokenStore: store } = options;

  let current: PluginTokenLife | undefined;
  /** The latest that the user API refused: others may still share it. */
  let refused: string | undefined;
  /** It may be refused while a renewal is under way. */
  const isRefused = (token: string) => token === refused;
  let renewal: Promise<string> | undefined;

  return {
    get(signal) {
      const now = clock();
      if (current && now < current.endsAt) {
        if (now >= current.renewAt) renewEarly(now);
        return Promise.resolve(current.token);
      }
      return untilAborted(renew(), signal);
    },
    refuse(token) {
      if (current?.token !== token) return;
      refused = token;
      current = undefined;
    },
    ageMs() {
      const now = clock();
      return current && now < current.endsAt ? now - current.startedAt : undefined;
    },
    close() {
      closing.abort(new GatewayError('UPSTREAM_UNAVAILABLE', 'The gateway is shutting down.'));
    },
  };

  function renewEarly(now: number): void {
    if (renewal || !current) return;
    current = { ...current, renewAt: now + EARLY_RETRY_MS };
    renew().catch(() => {});
  }

  function renew(): Promise<string> {
    renewal ??= fetchInTurn().finally(() => {
      renewal = undefined;
    });
    return renewal;
  }

  async function fetchInTurn(): Promise<string> {
    const startedAt = clock();
    const span = traces.beginTokenRenewal();
    const timeout = new AbortController();
    const timer = setTimeout(() => {
      timeout.abort(new GatewayError('UPSTREAM_TIMEOUT', `The user API gave no token within ${timeoutMs} ms.`));
    }, timeoutMs);
    const signal = AbortSignal.any([timeout.signal, closing.signal]);
    try {
      await untilAborted(sleep(pace.nextTurn()), signal);
      const fetch = (until: AbortSignal) => fetchHedged(until, span);
      current = await (store
        ? getSharedToken({ store, fetchToken: fetch, timeoutMs, clock, isRefused }, signal)
        : fetch(signal));
      telemetry({ type: 'token-renewal', outcome: 'renewed', durationMs: clock() - startedAt });
      span.end({ outcome: 'renewed' });
      return current.token;
    } catch (error) {
      const outcome = error instanceof GatewayError ? error.code : 'INTERNAL_SERVER_ERROR';
      const isGivenUp = closing.signal.aborted;
      // Given up with the gateway: that is no trouble of the user API.
      if (!isGivenUp) {
        const isProxy = isProxyFailure(error);
        telemetry({ type: 'token-renewal', outcome, isProxy, durationMs: clock() - startedAt });
      }
      const { code: errCode, logId } = (error instanceof GatewayError && error.upstream) || {};
      span.end({ outcome: isGivenUp ? 'cancelled' : outcome, errCode, logId });
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async function fetchToken(signal: AbortSignal, { headers }: CallSpan): Promise<PluginTokenLife> {
    const startedAt = clock();
    const body = { plugin_id: pluginId, plugin_secret: pluginSecret, type };
    const answer = await transport.postJson('/open_api/authen/plugin_token', headers, body, signal);
    const { token, lifetimeMs } = decodePluginToken(answer);
    // Counted from before the request: the token may have been made at any moment since.
    const endsAt = startedAt + lifetimeMs;
    return { token, startedAt, endsAt, renewAt: endsAt - Math.min(RENEW_BEFORE_MS, lifetimeMs / 2) };
  }
}
