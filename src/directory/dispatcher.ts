import { GatewayError } from '../errors.ts';
import type { Clock } from '../policies/clock.ts';
import type { Quota, Slot } from '../policies/quota.ts';
import { createSlotQueue } from '../policies/slot-queue.ts';
import type { Telemetry } from '../telemetry/events.ts';
import { MAX_IDENTIFIERS_PER_CALL, type QueryUsers } from '../upstream/user-query.ts';
import { createLane, type Lane } from './lane.ts';
import { type LookUp, type LookupResult, type Subject, subjectKey } from './look-up.ts';
import { matchPeople } from './match.ts';
import { shuttingDown } from './refusals.ts';
import type { Ticket } from './ticket.ts';

export interface DispatcherOptions {
  quota: Quota;
  queryUsers: QueryUsers;
  /** Refreshes ahead that may use what is left of a batch, at most `room`. */
  fillUp(subject: Subject, room: number): LookUp[];
  /** Called for look-ups that leave the queue. */
  onSent(lookUps: readonly LookUp[]): void;
  /** Called for look-ups that go back into the queue for another call. */
  onQueuedAgain(lookUps: readonly LookUp[]): void;
  /** Called for the look-ups of a call that is ended because nobody waits for any of them. */
  onCancelled(lookUps: readonly LookUp[]): void;
  /** Called with the answer of each look-up. @param sentAt when its call left. */
  onResult(lookUp: LookUp, result: LookupResult, sentAt: number): void;
  /** Called when the user API has asked for a pause. @param refusal its answer. */
  onPause(refusal: GatewayError): void;
  /** Called when a call has ended and its look-ups have their results. */
  onCallEnded(): void;
  clock: Clock;
  telemetry: Telemetry;
}

/** Sends the look-ups of one credential: a lane for each subject, in turn, in batches of up to 100, as the quota allows. */
export interface Dispatcher {
  readonly quota: Quota;
  /** Queues look-ups of one subject, in the turn of a request. */
  enqueue(subject: Subject, lookUps: readonly LookUp[], request: Ticket): void;
  /**
   * To be called when nobody waits for a look-up any more: takes it out of the queue, or ends its call where nobody waits for
   * any of it.
   * @returns true where it was in the queue.
   */
  abandon(lookUp: LookUp): boolean;
  /** Rough milliseconds until this many look-ups of one request would have left. */
  estimateMs(subject: Subject, count: number): number;
  /** Refreshes ahead where nothing waits and less than half of the quota is in use. */
  refreshInSpareQuota(subject: Subject): void;
  /** Ends what is under way. Nothing is sent any more. */
  dispose(): void;
}

interface SubjectLane {
  readonly subject: Subject;
  readonly queue: Lane;
  isWaitingForSlot: boolean;
}

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { quota, queryUsers, clock, telemetry } = options;
  const slots = createSlotQueue(quota);
  const lanes = new Map<string, SubjectLane>();
  /** The call that each look-up is in. */
  const calls = new Map<LookUp, { readonly lookUps: readonly LookUp[]; readonly cancel: AbortController }>();

  return {
    quota,
    enqueue(subject, lookUps, request) {
      const lane = laneOf(subject);
      for (const lookUp of lookUps) lane.queue.add(lookUp, request);
      askForSlot(lane);
    },
    abandon(lookUp) {
      const call = calls.get(lookUp);
      if (!call) return lanes.get(subjectKey(lookUp.subject))?.queue.remove(lookUp) ?? false;
      if (call.lookUps.every(({ waiters }) => waiters.size === 0)) {
        options.onCancelled(call.lookUps);
        call.cancel.abort();
      }
      return false;
    },
    estimateMs(subject, count) {
      const key = subjectKey(subject);
      const own = lanes.get(key)?.queue;
      // Requests take turns: before the last of mine leaves, each other has given at most as many.
      const before = own ? Math.min(own.size, own.requests * count) : 0;
      const ownTurns = Math.ceil((before + count) / MAX_IDENTIFIERS_PER_CALL);
      // And so do lanes.
      const others = [...lanes].filter(([other]) => other !== key);
      const turns = others.map(([, { queue }]) => Math.min(Math.ceil(queue.size / MAX_IDENTIFIERS_PER_CALL), ownTurns));
      return quota.estimateMs(turns.reduce((sum, turn) => sum + turn, ownTurns));
    },
    refreshInSpareQuota(subject) {
      if (slots.length === 0 && quota.hasSpare()) askForSlot(laneOf(subject));
    },
    dispose() {
      slots.dispose();
      for (const { cancel } of calls.values()) cancel.abort(shuttingDown());
    },
  };

  function laneOf(subject: Subject): SubjectLane {
    const key = subjectKey(subject);
    const known = lanes.get(key);
    if (known) return known;
    const made = { subject, queue: createLane(), isWaitingForSlot: false };
    lanes.set(key, made);
    return made;
  }

  /** A lane waits for one slot at a time and goes to the end after it, so that lanes take turns. */
  function askForSlot(lane: SubjectLane): void {
    if (lane.isWaitingForSlot) return;
    lane.isWaitingForSlot = true;
    slots.request((take) => {
      lane.isWaitingForSlot = false;
      const batch = lane.queue.take(MAX_IDENTIFIERS_PER_CALL);
      // A refresh rides where there is room. It takes a slot of its own only where nobody waits for one.
      if (batch.length > 0 || slots.length === 0) {
        batch.push(...options.fillUp(lane.subject, MAX_IDENTIFIERS_PER_CALL - batch.length));
      }
      if (batch.length > 0) void send(lane.subject, batch, take());
      if (lane.queue.size > 0) askForSlot(lane);
      else lanes.delete(subjectKey(lane.subject));
    });
  }

  async function send(subject: Subject, lookUps: readonly LookUp[], slot: Slot): Promise<void> {
    const sentAt = clock();
    const call = { lookUps, cancel: new AbortController() };
    const waitedMs = sentAt - Math.min(...lookUps.map(({ queuedAt }) => queuedAt));
    const refreshedAhead = lookUps.filter(({ owner }) => !owner).length;
    telemetry({ type: 'batch', kind: subject.kind, identifiers: lookUps.length, refreshedAhead, waitedMs });
    for (const lookUp of lookUps) {
      lookUp.state = 'sent';
      calls.set(lookUp, call);
    }
    options.onSent(lookUps);

    const results = await ask(subject, lookUps, slot, call.cancel.signal);
    const again: LookUp[] = [];
    lookUps.forEach((lookUp, index) => {
      calls.delete(lookUp);
      const result = results[index] ?? null;
      if (result !== 'again') options.onResult(lookUp, result, sentAt);
      else if (lookUp.waiters.size === 0) options.onResult(lookUp, nobodyWaits(), sentAt);
      else again.push(lookUp);
    });
    if (again.length > 0) queueAgain(subject, again);
    options.onCallEnded();
  }

  function queueAgain(subject: Subject, lookUps: readonly LookUp[]): void {
    for (const lookUp of lookUps) lookUp.state = 'queued';
    options.onQueuedAgain(lookUps);
    const lane = laneOf(subject);
    lane.queue.addAgain(lookUps);
    askForSlot(lane);
  }

  /** @returns for each look-up its result, or 'again' for one that should have another call. Never rejects. */
  async function ask(
    subject: Subject,
    lookUps: readonly LookUp[],
    slot: Slot,
    signal: AbortSignal,
  ): Promise<(LookupResult | 'again')[]> {
    const query = { ...subject, identifiers: lookUps.map(({ spelling }) => spelling) };
    try {
      const answer = await queryUsers(query, { signal, onLeaving: slot.left });
      if ('tokenRefused' in answer) {
        return lookUps.map((lookUp) => (lookUp.tokenRefusals++ === 0 ? 'again' : answer.tokenRefused));
      }
      const { results, unasked } = matchPeople(query, answer);
      if (answer.malformedRows > 0 || unasked > 0) {
        telemetry({ type: 'rows-dropped', malformed: answer.malformedRows, unasked });
      }
      return results;
    } catch (error) {
      const shown = toGatewayError(error);
      if (shown.code !== 'UPSTREAM_RATE_LIMITED') return lookUps.map(() => shown);
      slot.refused(shown.retryAfterMs ?? 1_000);
      for (const lookUp of lookUps) lookUp.state = 'queued';
      // The pause is for everybody. Whoever can wait it out gets another call, the others learn when to come back.
      options.onPause(shown);
      return lookUps.map(({ waiters }) => (waiters.size > 0 ? 'again' : shown));
    } finally {
      slot.done();
    }
  }
}

const nobodyWaits = () => new GatewayError('UPSTREAM_UNAVAILABLE', 'Nobody waits for this look-up any more.');

function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  return new GatewayError('INTERNAL_SERVER_ERROR', 'The look-up failed inside the gateway.', { cause: error });
}
