import type { SpanContext } from '@opentelemetry/api';
import { GatewayError } from '../errors.ts';
import { type Clock, monotonicClock } from '../policies/clock.ts';
import type { UserToken } from '../upstream/user-token.ts';
import { type Answers, leave } from './answers.ts';
import type { HangUp } from './hang-up.ts';
import type { LookUp, Ticket } from './look-up.ts';
import { emptyReceipt } from './receipt.ts';
import { nobodyWaits, overloaded } from './refusals.ts';
import { waitersOf } from './waiters.ts';

export interface TicketOptions {
  /** The token that the user API is asked with. @default the plugin's */
  userToken?: UserToken | undefined;
  /** How long this request may take, in milliseconds from now. @default 10000 */
  timeoutMs?: number | undefined;
  /** Tells when nobody waits for the answer any more. @default somebody always does */
  signal?: HangUp | undefined;
  /** Asks the user API even for people that are in the cache. @default false */
  wantsFresh?: boolean | undefined;
  /** Where the request stands in a trace. @default in none */
  span?: SpanContext | undefined;
  /** @default the process' monotonic clock */
  clock?: Clock | undefined;
}

/** Of all who bring no token of their own. */
export const PLUGIN_IDENTITY = 'plugin';

export const createTicket = (options: TicketOptions = {}): Ticket => new RequestTicket(options);

class RequestTicket implements Ticket {
  readonly identity: string;
  readonly userToken: UserToken | undefined;
  readonly startedAt: number;
  readonly deadlineAt: number;
  readonly wantsFresh: boolean;
  readonly receipt = emptyReceipt();
  readonly span: SpanContext | undefined;
  backlog = 0;
  readonly #clock: Clock;
  readonly #signal: HangUp | undefined;
  /** Few: one for each list that a request has to wait for. */
  #watched: readonly Answers[] = NOTHING;
  #timer: NodeJS.Timeout | undefined;
  #onHangUp: (() => void) | undefined;

  constructor({ userToken, timeoutMs = 10_000, signal, wantsFresh = false, span, clock }: TicketOptions) {
    this.#clock = clock ?? monotonicClock;
    this.#signal = signal;
    this.identity = userToken?.identity ?? PLUGIN_IDENTITY;
    this.userToken = userToken;
    this.startedAt = this.#clock();
    this.deadlineAt = this.startedAt + timeoutMs;
    this.wantsFresh = wantsFresh;
    this.span = span;
  }

  watch(answers: Answers): void {
    if (answers.waiting === 0) return;
    if (this.#watched.length === 0) this.#listen();
    if (!this.#watched.includes(answers)) this.#watched = [...this.#watched, answers];
    if (this.#signal?.aborted) this.#leaveAll(nobodyWaits);
  }

  unwatch(answers: Answers): void {
    if (!this.#watched.includes(answers)) return;
    this.#watched = this.#watched.length === 1 ? NOTHING : this.#watched.filter((one) => one !== answers);
    if (this.#watched.length > 0) return;
    clearTimeout(this.#timer);
    if (this.#onHangUp) this.#signal?.removeEventListener('abort', this.#onHangUp);
  }

  leave(lookUp: LookUp, result: GatewayError): void {
    for (const waiter of waitersOf(lookUp)) if (waiter.answers.ticket === this) leave(waiter, result);
  }

  #listen(): void {
    const leftMs = Math.min(Math.max(0, this.deadlineAt - this.#clock()), LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => this.#leaveAll(outOfTime), leftMs);
    if (!this.#signal) return;
    this.#onHangUp ??= () => this.#leaveAll(nobodyWaits);
    this.#signal.addEventListener('abort', this.#onHangUp);
  }

  #leaveAll(reason: (lookUp: LookUp) => GatewayError): void {
    for (const answers of this.#watched) {
      for (const bundle of answers.bundles) bundle.dissolve();
      for (const waiter of answers.places) if (waiter.lookUp && waiter.isWaiting) leave(waiter, reason(waiter.lookUp));
    }
  }
}

const NOTHING: readonly never[] = [];

/** Node takes what is longer for 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Before it was sent the gateway is to blame, from then on the user API. */
function outOfTime({ state, trouble }: LookUp): GatewayError {
  if (trouble?.lastError) return trouble.lastError;
  return state === 'queued'
    ? overloaded('its turn did not come before the deadline', 1_000)
    : new GatewayError('UPSTREAM_TIMEOUT', 'The user API did not answer before the deadline of the request.');
}
