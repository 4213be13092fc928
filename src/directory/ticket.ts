import type { SpanContext } from '@opentelemetry/api';
import { GatewayError } from '../errors.ts';
import { type Clock, monotonicClock } from '../policies/clock.ts';
import type { UserToken } from '../upstream/user-token.ts';
import { type Answers, leave } from './answers.ts';
import type { HangUp } from './hang-up.ts';
import type { LookUp, Ticket } from './look-up.ts';
import { emptyReceipt } from './receipt.ts';
import { nobodyWaits, overloaded } from './refusals.ts';

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
  const watched = new Set<Answers>();
  let timer: NodeJS.Timeout | undefined;

  const ticket: Ticket = {
    identity: userToken?.identity ?? PLUGIN_IDENTITY,
    userToken,
    startedAt,
    deadlineAt,
    wantsFresh,
    receipt: emptyReceipt(),
    span,
    backlog: 0,
    watch(answers) {
      if (answers.waiting === 0) return;
      if (watched.size === 0) {
        timer = setTimeout(onDeadline, Math.max(0, deadlineAt - clock()));
        signal?.addEventListener('abort', onHangUp);
      }
      watched.add(answers);
      if (signal?.aborted) onHangUp();
    },
    unwatch(answers) {
      if (!watched.delete(answers) || watched.size > 0) return;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onHangUp);
    },
    leave(lookUp, result) {
      for (const waiter of lookUp.waiters.filter((one) => one.ticket === ticket)) leave(waiter, result);
    },
  };
  return ticket;

  function onDeadline(): void {
    leaveAll(outOfTime);
  }

  function onHangUp(): void {
    leaveAll(nobodyWaits);
  }

  function leaveAll(reason: (lookUp: LookUp) => GatewayError): void {
    for (const { waiters } of watched) {
      for (const waiter of waiters) if (waiter.isWaiting) leave(waiter, reason(waiter.lookUp));
    }
  }
}

/** Before it was sent the gateway is to blame, from then on the user API. */
function outOfTime({ state, lastError }: LookUp): GatewayError {
  if (lastError) return lastError;
  return state === 'queued'
    ? overloaded('its turn did not come before the deadline', 1_000)
    : new GatewayError('UPSTREAM_TIMEOUT', 'The user API did not answer before the deadline of the request.');
}
