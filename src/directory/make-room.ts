import type { GatewayError } from '../errors.ts';
import type { Clock } from '../policies/clock.ts';
import type { Telemetry } from '../telemetry/events.ts';
import { MAX_IDENTIFIERS_PER_CALL } from '../upstream/user-query.ts';
import type { Backlog } from './backlog.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Subject, Ticket } from './look-up.ts';
import { overloaded, pauseTooLong, resting } from './refusals.ts';
import { waitersOf } from './waiters.ts';

export interface MakeRoomOptions {
  backlog: Backlog;
  clock: Clock;
  telemetry: Telemetry;
}

/**
 * Makes room for look-ups of one request in the queue, where need be by sending others away.
 * @returns why these look-ups are refused as a whole; `undefined` where they may queue.
 */
export type MakeRoom = (
  dispatcher: Dispatcher,
  subject: Subject,
  count: number,
  ticket: Ticket,
) => GatewayError | undefined;

export function createMakeRoom({ backlog, clock, telemetry }: MakeRoomOptions): MakeRoom {
  return function makeRoom(dispatcher, subject, count, ticket) {
    const { quota } = dispatcher;
    const leftMs = ticket.deadlineAt - clock();
    const pausedMs = quota.pausedMs();
    if (pausedMs > 0 && pausedMs >= leftMs && !quota.claimProbe()) return pauseTooLong(pausedMs);
    const openMs = dispatcher.breaker.openMs();
    if (openMs > 0) return resting(openMs);
    const waitMs = dispatcher.estimateMs(subject, count);
    if (waitMs >= leftMs) {
      return overloaded('the turn of these look-ups would come after the deadline', waitMs - leftMs);
    }
    const shed = backlog.makeRoom(ticket, count);
    const isFull = () => overloaded('its queue is full', quota.estimateMs(backlog.size / MAX_IDENTIFIERS_PER_CALL));
    if (!shed) return isFull();
    if (shed.length > 0) telemetry({ type: 'shed', kind: subject.kind, lookUps: shed.length });
    for (const lookUp of shed) for (const { answers } of waitersOf(lookUp)) answers.ticket.leave(lookUp, isFull());
    return undefined;
  };
}
