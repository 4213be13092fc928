import type { SpanContext } from '@opentelemetry/api';
import { GatewayError } from '../errors.ts';
import { type Clock, monotonicClock } from '../policies/clock.ts';
import type { UserToken } from '../upstream/user-token.ts';
import type { HangUp } from './hang-up.ts';
import type { LookUp, Ticket, Waiter } from './look-up.ts';
import { emptyReceipt } from './receipt.ts';
import { overloaded } from './refusals.ts';

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

export function createTicket(options: TicketOptions = {}): Ticket {
  const { userToken, timeoutMs = 10_000, signal, wantsFresh = false, span } = options;
  const clock = options.clock ?? monotonicClock;
  const startedAt = clock();
  const deadlineAt = startedAt + timeoutMs;
  const waiting = new Map<Waiter, (lookUp: LookUp) => void>();
  let timer: NodeJS.Timeout | undefined;

  const ticket: Ticket = {
    identity: userToken?.identity ?? PLUGIN_IDENTITY,
    userToken,
    startedAt,
    deadlineAt,
    wantsFresh,
    receipt: emptyReceipt(),
    span,
    wait(lookUp, onLeave) {
      if (waiting.size === 0) watch();
      return new Promise((answer) => {
        const waiter = { ticket, lookUp, answer };
        lookUp.waiters.add(waiter);
        waiting.set(waiter, onLeave);
        if (signal?.aborted) leaveAll(hungUp);
      });
    },
    forget(waiter) {
      if (waiting.delete(waiter) && waiting.size === 0) unwatch();
    },
    leave(lookUp, result) {
      for (const waiter of lookUp.waiters) if (waiter.ticket === ticket) stopWaiting(waiter, result);
    },
  };
  return ticket;

  function watch(): void {
    timer = setTimeout(() => leaveAll(outOfTime), Math.max(0, deadlineAt - clock()));
    signal?.addEventListener('abort', onHangUp);
  }

  function unwatch(): void {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onHangUp);
  }

  function onHangUp(): void {
    leaveAll(hungUp);
  }

  function leaveAll(reason: (lookUp: LookUp) => GatewayError): void {
    for (const waiter of waiting.keys()) stopWaiting(waiter, reason(waiter.lookUp));
  }

  function stopWaiting(waiter: Waiter, result: GatewayError): void {
    const onLeave = waiting.get(waiter);
    waiter.lookUp.waiters.delete(waiter);
    ticket.forget(waiter);
    waiter.answer(result);
    onLeave?.(waiter.lookUp);
  }
}

/** Before it was sent the gateway is to blame, from then on the user API. */
function outOfTime({ state, lastError }: LookUp): GatewayError {
  if (lastError) return lastError;
  return state === 'queued'
    ? overloaded('its turn did not come before the deadline', 1_000)
    : new GatewayError('UPSTREAM_TIMEOUT', 'The user API did not answer before the deadline of the request.');
}

/** Nobody reads this: the client is gone. */
const hungUp = () => new GatewayError('UPSTREAM_TIMEOUT', 'The client did not wait for the answer.');
