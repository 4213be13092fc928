import { GatewayError } from '../errors.ts';
import { type Clock, monotonicClock } from '../policies/clock.ts';
import type { Quota, Slot } from '../policies/quota.ts';
import { createSlotQueue } from '../policies/slot-queue.ts';
import { noTelemetry, type Telemetry } from '../telemetry/events.ts';
import { MAX_IDENTIFIERS_PER_CALL, type QueryUsers } from '../upstream/user-query.ts';
import { createLane, type Lane } from './lane.ts';
import { type LookUp, type LookupResult, type Subject, subjectKey } from './look-up.ts';
import { matchPeople } from './match.ts';

export interface DispatcherOptions {
  quota: Quota;
  queryUsers: QueryUsers;
  /** More look-ups that may use what is left of a batch, at most `room`. */
  fillUp(subject: Subject, room: number): LookUp[];
  /** Called for look-ups that leave the queue. */
  onSent(lookUps: readonly LookUp[]): void;
  /** Called for look-ups that go back into the queue for another call. */
  onQueuedAgain(lookUps: readonly LookUp[]): void;
  /** Called for the look-ups of a call that is ended because nobody waits for any of them. */
  onCancelled(lookUps: readonly LookUp[]): void;
  /** Called with the answer of each look-up. @param sentAt when its call left. */
  onResult(lookUp: LookUp, result: LookupResult, sentAt: number): void;
  clock?: Clock | undefined;
  telemetry?: Telemetry | undefined;
}

/** Sends the look-ups of one credential: a lane for each subject, in turn, in batches of up to 100, as the quota allows. */
export interface Dispatcher {
  readonly quota: Quota;
  /** Queues look-ups of one subject. */
  enqueue(subject: Subject, lookUps: readonly LookUp[]): void;
  /**
   * To be called when nobody waits for a look-up any more: takes it out of the queue, or ends its call where nobody waits for
   * any of it.
   * @returns true where it was in the queue.
   */
  abandon(lookUp: LookUp): boolean;
  /** Rough milliseconds until this many look-ups of one request would have left. */
  estimateMs(subject: Subject, count: number): number;
  /** True where nothing waits and less than half of the quota is in use. */
  hasSpare(): boolean;
  /** Asks for a call of this subject, to be filled up when its turn comes. */
  wake(subject: Subject): void;
  dispose(): void;
}

interface SubjectLane {
  readonly lane: Lane;
  readonly subject: Subject;
  isWaitingForSlot: boolean;
}

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { quota, queryUsers } = options;
  const clock = options.clock ?? monotonicClock;
  const telemetry = options.telemetry ?? noTelemetry;
  const slots = createSlotQueue(quota);
  const lanes = new Map<string, SubjectLane>();
  const underWay = new Map<LookUp, { readonly lookUps: readonly LookUp[]; readonly cancel: AbortController }>();

  return {
    quota,
    enqueue(subject, lookUps) {
      const lane = laneOf(subject);
      for (const lookUp of lookUps) lane.lane.add(lookUp);
      askForSlot(lane);
    },
    abandon(lookUp) {
      const batch = underWay.get(lookUp);
      if (!batch) return lanes.get(subjectKey(lookUp.subject))?.lane.remove(lookUp) ?? false;
      if (batch.lookUps.every(({ waiters }) => waiters.size === 0)) {
        options.onCancelled(batch.lookUps);
        batch.cancel.abort();
      }
      return false;
    },
    estimateMs(subject, count) {
      const waiting = lanes.get(subjectKey(subject))?.lane;
      // Requests take turns: before the last of mine leaves, each other has given at most as many.
      const before = waiting ? Math.min(waiting.size, waiting.requests * count) : 0;
      const calls = Math.ceil((before + count) / MAX_IDENTIFIERS_PER_CALL);
      return quota.estimateMs(calls * Math.max(1, slots.length));
    },
    hasSpare: () => slots.length === 0 && quota.hasSpare(),
    wake: (subject) => askForSlot(laneOf(subject)),
    dispose() {
      slots.dispose();
      for (const { cancel } of underWay.values()) cancel.abort();
    },
  };

  function laneOf(subject: Subject): SubjectLane {
    const key = subjectKey(subject);
    let lane = lanes.get(key);
    if (!lane) {
      lane = { lane: createLane(), subject, isWaitingForSlot: false };
      lanes.set(key, lane);
    }
    return lane;
  }

  /** A lane waits for one slot at a time and goes to the end after it, so that lanes take turns. */
  function askForSlot(lane: SubjectLane): void {
    if (lane.isWaitingForSlot) return;
    lane.isWaitingForSlot = true;
    slots.request((take) => {
      lane.isWaitingForSlot = false;
      const batch = lane.lane.take(MAX_IDENTIFIERS_PER_CALL);
      batch.push(...options.fillUp(lane.subject, MAX_IDENTIFIERS_PER_CALL - batch.length));
      if (batch.length > 0) void send(lane.subject, batch, take());
      if (lane.lane.size > 0) askForSlot(lane);
      else lanes.delete(subjectKey(lane.subject));
    });
  }

  async function send(subject: Subject, lookUps: readonly LookUp[], slot: Slot): Promise<void> {
    const sentAt = clock();
    const cancel = new AbortController();
    const waitedMs = sentAt - Math.min(...lookUps.map(({ queuedAt }) => queuedAt));
    const refreshedAhead = lookUps.filter(({ owner }) => !owner).length;
    telemetry({ type: 'batch', kind: subject.kind, identifiers: lookUps.length, refreshedAhead, waitedMs });
    for (const lookUp of lookUps) {
      lookUp.state = 'sent';
      underWay.set(lookUp, { lookUps, cancel });
    }
    options.onSent(lookUps);

    const results = await ask(subject, lookUps, slot, cancel.signal);
    const again: LookUp[] = [];
    lookUps.forEach((lookUp, index) => {
      underWay.delete(lookUp);
      const result = results[index];
      if (result === 'again') again.push(lookUp);
      else options.onResult(lookUp, result ?? null, sentAt);
    });
    const wanted = again.filter(({ waiters }) => waiters.size > 0);
    for (const lookUp of again) if (lookUp.waiters.size === 0) options.onResult(lookUp, nobodyWaits(), sentAt);
    if (wanted.length === 0) return;
    for (const lookUp of wanted) lookUp.state = 'queued';
    options.onQueuedAgain(wanted);
    const lane = laneOf(subject);
    lane.lane.addAgain(wanted);
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
      const answer = await queryUsers(query, signal);
      slot.answered();
      if ('tokenRefused' in answer)
        return lookUps.map((lookUp) => (lookUp.tokenRefusals++ === 0 ? 'again' : answer.tokenRefused));
      const { results, unasked } = matchPeople(query, answer);
      if (answer.malformedRows > 0 || unasked > 0) {
        telemetry({ type: 'rows-dropped', malformed: answer.malformedRows, unasked });
      }
      return results;
    } catch (error) {
      const shown = toGatewayError(error);
      if (shown.code !== 'UPSTREAM_RATE_LIMITED') return lookUps.map(() => shown);
      slot.refused(shown.retryAfterMs ?? 1_000);
      // The pause is for everybody. Whoever can wait it out gets another call, the others learn when to come back.
      const backAt = clock() + quota.pausedMs();
      return lookUps.map(({ waiters }) =>
        [...waiters].some(({ ticket }) => ticket.deadlineAt > backAt) ? 'again' : shown,
      );
    }
  }
}

const nobodyWaits = () => new GatewayError('UPSTREAM_UNAVAILABLE', 'Nobody waits for this look-up any more.');

function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  return new GatewayError('INTERNAL_SERVER_ERROR', 'The look-up failed inside the gateway.', { cause: error });
}
