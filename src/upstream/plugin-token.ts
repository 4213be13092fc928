import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from '../errors.ts';
import type { CancelSignal } from '../policies/cancel.ts';
import { type Clock, monotonicClock } from '../policies/clock.ts';
import { untilAborted } from '../policies/deadline.ts';
import { hedged } from '../policies/hedge.ts';
import { createPace } from '../policies/pace.ts';
import { noTelemetry, type Telemetry } from '../telemetry/events.ts';
import { type CallSpan, createTraces, type Traces } from '../telemetry/tracing.ts';
import { decodePluginToken } from './envelope.ts';
import { isProxyFailure, type Transport } from './transport.ts';

export interface PluginCredential {
  /** `MII_…`, from the developer console. */
  pluginId: string;
  pluginSecret: string;
  /** A virtual token is for development: only the plugin's collaborators can be found with it. @default official */
  tokenType?: 'official' | 'virtual' | undefined;
}

interface PluginTokenOptions extends PluginCredential {
  transport: Transport;
  /** Deadline of one renewal, in milliseconds. */
  timeoutMs: number;
  /** Shares the token with other processes. @default each process has its own */
  tokenStore?: TokenStore | undefined;
  clock?: Clock | undefined;
  telemetry?: Telemetry | undefined;
  traces?: Traces | undefined;
}

/** The plugin token: fetched when first needed, cached, renewed before its end. */
export interface PluginToken {
  /**
   * The current token. All callers that need a new one share one renewal.
   * @throws GatewayError UPSTREAM_UNAUTHENTICATED where the credential is refused; UPSTREAM_UNAVAILABLE, _TIMEOUT,
   *   _RATE_LIMITED or _BAD_RESPONSE where the renewal failed; the signal's reason where that aborts first.
   */
  get(signal: CancelSignal): Promise<string>;
  /** Drops a token that the user API refused. Ignored where it has been replaced since. */
  refuse(token: string): void;
  /** Age of the current token in milliseconds; `undefined` where there is none that is valid. */
  ageMs(): number | undefined;
  close(): void;
}

/** The vendor's SDKs renew 3 minutes before the end. */
const RENEW_BEFORE_MS = 180_000;
/** After an early renewal failed, the old token is still valid: the next renewal waits so long. */
const EARLY_RETRY_MS = 5_000;
/** However many lookups need a token that is refused, or that cannot be fetched. */
const RENEWALS_PER_SECOND = 3;

export function createPluginToken(options: PluginTokenOptions): PluginToken {
  const { transport, pluginId, pluginSecret, timeoutMs } = options;
  const clock = options.clock ?? monotonicClock;
  const telemetry = options.telemetry ?? noTelemetry;
  const traces = options.traces ?? createTraces();
  const type = options.tokenType === 'virtual' ? 1 : 0;
  const closing = new AbortController();
  const pace = createPace(RENEWALS_PER_SECOND, clock);

  // One request that is never answered would hold up all lookups.
  const fetchHedged = (signal: AbortSignal, span: CallSpan) =>
    hedged((until) => span.within(() => fetchToken(until, span)), { afterMs: timeoutMs / 3, signal });
  const { tokenStore: store } = options;

  let current: PluginTokenLife | undefined;
  /** The latest that the user API refused: other processes may still share it. */
  let refused: string | undefined;
  /** It may be refused while a renewal is in flight. */
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
    renewal ??= fetchPaced().finally(() => {
      renewal = undefined;
    });
    return renewal;
  }

  async function fetchPaced(): Promise<string> {
    const startedAt = clock();
    const span = traces.beginTokenRenewal();
    const timeout = new AbortController();
    const timer = setTimeout(() => {
      timeout.abort(new GatewayError('UPSTREAM_TIMEOUT', `The user API gave no token within ${timeoutMs} ms.`));
    }, timeoutMs);
    const signal = AbortSignal.any([timeout.signal, closing.signal]);
    try {
      await untilAborted(sleep(pace.nextPermit()), signal);
      const fetch = (until: AbortSignal) => fetchHedged(until, span);
      current = await (store
        ? getSharedToken({ store, fetchToken: fetch, timeoutMs, clock, isRefused }, signal)
        : fetch(signal));
      telemetry({ type: 'token-renewal', outcome: 'renewed', durationMs: clock() - startedAt });
      span.end({ outcome: 'renewed' });
      return current.token;
    } catch (error) {
      const outcome = error instanceof GatewayError ? error.code : 'INTERNAL_SERVER_ERROR';
      const isClosing = closing.signal.aborted;
      // Cancelled with the gateway: no failure of the user API.
      if (!isClosing) {
        const isProxy = isProxyFailure(error);
        telemetry({ type: 'token-renewal', outcome, isProxy, durationMs: clock() - startedAt });
      }
      const { code: errCode, logId } = (error instanceof GatewayError && error.upstream) || {};
      span.end({ outcome: isClosing ? 'cancelled' : outcome, errCode, logId });
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
    // Counted from before the request: the token may have been issued at any moment since.
    const endsAt = startedAt + lifetimeMs;
    return { token, startedAt, endsAt, renewAt: endsAt - Math.min(RENEW_BEFORE_MS, lifetimeMs / 2) };
  }
}

/** A plugin token with its lifetime. */
export interface PluginTokenLife {
  readonly token: string;
  /** When it was requested. */
  readonly startedAt: number;
  /** When it may no longer be used, on the monotonic clock of this process. */
  readonly endsAt: number;
  /** When to renew it. */
  readonly renewAt: number;
}

/** Where several processes store the token that they share. */
export interface TokenStore {
  /**
   * @returns the stored token; `undefined` where there is none.
   * @throws Error where the store cannot be reached.
   */
  read(): Promise<PluginTokenLife | undefined>;
  /** Stores a token until its end, in place of another. @throws Error where the store cannot be reached. */
  write(life: PluginTokenLife): Promise<void>;
  /**
   * Locks the renewal, for `forMs` milliseconds at most.
   * @returns unlocks it; `undefined` where another process has the lock.
   * @throws Error where the store cannot be reached.
   */
  lock(forMs: number): Promise<(() => Promise<void>) | undefined>;
}

interface SharedTokenOptions {
  store: TokenStore;
  /** Fetches a new token from the user API. */
  fetchToken(signal: AbortSignal): Promise<PluginTokenLife>;
  /** Deadline of one renewal in milliseconds: so long the lock is held at most. */
  timeoutMs: number;
  /** Whether the user API has refused this token: other processes may still share it. */
  isRefused(token: string): boolean;
  clock: Clock;
}

/** How often to look whether the process with the lock has stored the token. */
const POLL_MS = 50;
/** Failures of the store in a row after which each process fetches its own token: it may fail for a moment only. */
const MAX_STORE_FAILURES = 3;

/**
 * Gets a token that is shared with other processes: one of them fetches it, the others read it from the store. While the store fails,
 * each fetches its own.
 * @returns one that is not due for renewal, and not refused.
 * @throws what fetching fails with; the signal's reason where that aborts.
 */
export async function getSharedToken(options: SharedTokenOptions, signal: AbortSignal): Promise<PluginTokenLife> {
  const { store, fetchToken, timeoutMs, isRefused, clock } = options;
  const isUsable = ({ token, renewAt }: PluginTokenLife) => !isRefused(token) && clock() < renewAt;
  let failures = 0;
  while (!signal.aborted) {
    const known = await orFailed(store.read());
    if (known && known !== FAILED && isUsable(known)) return known;
    const unlock = known === FAILED ? FAILED : await orFailed(store.lock(timeoutMs));
    failures = unlock === FAILED ? failures + 1 : 0;
    if (failures >= MAX_STORE_FAILURES) return fetchToken(signal);
    if (unlock && unlock !== FAILED) return fetchForAll(unlock);
    await sleep(POLL_MS, undefined, { signal }).catch(() => {});
  }
  throw signal.reason;

  async function fetchForAll(unlock: () => Promise<void>): Promise<PluginTokenLife> {
    try {
      // The process that had the lock before may have stored it.
      const known = await orFailed(store.read());
      if (known && known !== FAILED && isUsable(known)) return known;
      const life = await fetchToken(signal);
      await write(life);
      return life;
    } finally {
      void orFailed(unlock());
    }
  }

  /** A token that is not stored is fetched once more by the next process. */
  async function write(life: PluginTokenLife): Promise<void> {
    for (let tries = 0; tries < MAX_STORE_FAILURES; tries++) {
      if ((await orFailed(store.write(life))) !== FAILED) return;
    }
  }
}

const FAILED = Symbol('failed');

const orFailed = <T>(result: Promise<T>): Promise<T | typeof FAILED> => result.catch(() => FAILED);

/** Between attempts to get the first token; it doubles up to the second. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/** Gets the first token, however long the user API fails. Resolves with false where `signal` aborted before that. */
export async function warmUp(pluginToken: PluginToken, signal: AbortSignal): Promise<boolean> {
  for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      await pluginToken.get(signal);
      return true;
    } catch {
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
    }
  }
  return false;
}
