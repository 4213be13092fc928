import type { SpanContext } from '@opentelemetry/api';
import { GatewayError } from '../errors.ts';
import type { CancelSignal } from '../policies/cancel.ts';
import { type Clock, monotonicClock } from '../policies/clock.ts';
import type { UserToken } from '../upstream/user-token.ts';
import { clientDisconnected, overloaded } from './errors.ts';
import { type Lookup, leave, type PendingList, PLUGIN_IDENTITY, type RequestContext, type Waiter } from './lookup.ts';
import { emptyReceipt } from './receipt.ts';

export interface RequestContextOptions {
  /** The token to send upstream. @default the plugin's */
  userToken?: UserToken | undefined;
  /** Deadline of the request, in milliseconds from now. @default 10000 */
  timeoutMs?: number | undefined;
  /** Aborts when the client disconnects. @default never */
  signal?: DisconnectSignal | undefined;
  /** Sends lookups upstream even for cached users. @default false */
  bypassCache?: boolean | undefined;
  /** The request's span, for upstream calls to link to. @default none */
  span?: SpanContext | undefined;
  /** @default the process' monotonic clock */
  clock?: Clock | undefined;
}

/** Any AbortSignal will do. */
export type DisconnectSignal = Omit<CancelSignal, 'reason'>;

/** Node rounds longer timers down to 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const NONE: readonly never[] = [];

export const createRequestContext = (options: RequestContextOptions = {}): RequestContext => new TimedRequest(options);

/** Ends the wait of its lists at the deadline, and when the client disconnects. */
class TimedRequest implements RequestContext {
  readonly identity: string;
  readonly userToken: UserToken | undefined;
  readonly startedAt: number;
  readonly deadlineAt: number;
  readonly bypassCache: boolean;
  readonly receipt = emptyReceipt();
  readonly span: SpanContext | undefined;
  queued = 0;
  onLeave: ((lookup: Lookup) => void) | undefined;
  readonly #clock: Clock;
  readonly #signal: DisconnectSignal | undefined;
  #lists: readonly PendingList[] = NONE;
  #timer: NodeJS.Timeout | undefined;
  #onDisconnect: (() => void) | undefined;

  constructor({ userToken, timeoutMs = 10_000, signal, bypassCache = false, span, clock }: RequestContextOptions = {}) {
    this.#clock = clock ?? monotonicClock;
    this.#signal = signal;
    this.identity = userToken?.identity ?? PLUGIN_IDENTITY;
    this.userToken = userToken;
    this.startedAt = this.#clock();
    this.deadlineAt = this.startedAt + timeoutMs;
    this.bypassCache = bypassCache;
    this.span = span;
  }

  watch(list: PendingList): void {
    if (list.waiting === 0) return;
    if (this.#lists.length === 0) this.#listen();
    if (!this.#lists.includes(list)) this.#lists = [...this.#lists, list];
    if (this.#signal?.aborted) this.#leaveAll(clientDisconnected);
  }

  unwatch(list: PendingList): void {
    if (!this.#lists.includes(list)) return;
    this.#lists = this.#lists.length === 1 ? NONE : this.#lists.filter((one) => one !== list);
    if (this.#lists.length > 0) return;
    clearTimeout(this.#timer);
    if (this.#onDisconnect) this.#signal?.removeEventListener('abort', this.#onDisconnect);
  }

  leave(waiter: Waiter, result: GatewayError): void {
    const lookup = leave(waiter, result);
    if (lookup) this.onLeave?.(lookup);
  }

  #listen(): void {
    const leftMs = Math.min(Math.max(0, this.deadlineAt - this.#clock()), LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => this.#leaveAll(deadlineExceeded), leftMs);
    if (!this.#signal) return;
    this.#onDisconnect ??= () => this.#leaveAll(clientDisconnected);
    this.#signal.addEventListener('abort', this.#onDisconnect);
  }

  #leaveAll(reason: (lookup: Lookup) => GatewayError): void {
    for (const { waiters } of this.#lists) {
      for (const waiter of waiters) if (waiter.isWaiting && waiter.lookup) this.leave(waiter, reason(waiter.lookup));
    }
  }
}

/** Before it was sent the queue was too long; after it the user API too slow. */
function deadlineExceeded({ state, lastError }: Lookup): GatewayError {
  if (lastError) return lastError;
  return state === 'queued'
    ? overloaded('the deadline passed while the lookup was queued', 1_000)
    : new GatewayError('UPSTREAM_TIMEOUT', 'The user API did not answer before the deadline of the request.');
}
