import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSlotSchedule, type Grant, type SlotSchedule } from '../../src/policies/slot-schedule.ts';
import { mostInAnySecond } from '../support/in-any-second.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const now = () => performance.now();
const scheduleOf = (callsPerSecond = 15) => createSlotSchedule({ callsPerSecond, clock: now });

/** How a call of a process goes. */
interface Way {
  /** From its turn until it has arrived: what the process was late with, and the way there. */
  lateMs: number;
  /** From its arrival until that is told. */
  toldMs: number;
}
const AT_ONCE: Way = { lateMs: 0, toldMs: 0 };

/** Reserves a call, makes it when its turn comes, and tells when it arrived. */
function call(schedule: SlotSchedule, owner: string, onArrival: (grant: Grant) => void, way = AT_ONCE): Grant {
  const grant = schedule.reserve(owner);
  setTimeout(
    () => {
      const arrivedAt = now();
      onArrival(grant);
      setTimeout(() => schedule.settle(grant.id, arrivedAt), way.toldMs);
    },
    grant.leaveAt - grant.now + way.lateMs,
  );
  return grant;
}

/** A process that always has something to ask: it reserves again after each call. @returns when its calls arrive. */
function busy(schedule: SlotSchedule, owner: string, onCall = (_owner: string) => {}): number[] {
  const arrivals: number[] = [];
  const again = () => {
    call(schedule, owner, () => {
      arrivals.push(now());
      onCall(owner);
      again();
    });
  };
  again();
  return arrivals;
}

describe('the schedule of several processes', () => {
  it('lets a fifth leave at once when it is quiet, whoever asks', () => {
    const schedule = scheduleOf();
    const grants = ['a', 'b', 'a', 'b'].map((owner) => schedule.reserve(owner));
    expect(grants.map(({ leaveAt }) => leaveAt - now())).toEqual([0, 0, 0, expect.any(Number)]);
    expect((grants[3]?.leaveAt ?? 0) - now()).toBeGreaterThanOrEqual(60);
  });

  it('paces the rest evenly, and reaches 15 calls a second in all', () => {
    const schedule = scheduleOf();
    const arrivals = ['a', 'b', 'c'].map((owner) => busy(schedule, owner));
    vi.advanceTimersByTime(2_000);
    const before = arrivals.flat().length;
    vi.advanceTimersByTime(4_000);
    const all = arrivals.flat().toSorted((a, b) => a - b);
    const gaps = all.slice(before).map((at, index) => at - (all[before + index - 1] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(80);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(60);
    expect(gaps.length).toBeGreaterThanOrEqual(58);
  });

  it('never lets more than 15 arrive in any sliding second, whoever asks whenever, and arrives up to 100 ms late', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            owner: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
            pauseMs: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.nat(100), fc.nat(1_500)),
            lateMs: fc.oneof(fc.constant(0), fc.constant(100), fc.nat(100)),
            toldMs: fc.nat(400),
            isMade: fc.oneof({ weight: 8, arbitrary: fc.constant(true) }, fc.constant(false)),
          }),
          { minLength: 20, maxLength: 80, size: 'max' },
        ),
        (calls) => {
          const schedule = scheduleOf();
          const arrivals: number[] = [];
          for (const { owner, pauseMs, isMade, ...way } of calls) {
            vi.advanceTimersByTime(pauseMs);
            if (isMade) call(schedule, owner, () => arrivals.push(now()), way);
            else schedule.giveBack(schedule.reserve(owner).id);
          }
          vi.advanceTimersByTime(60_000);
          expect(arrivals).toHaveLength(calls.filter(({ isMade }) => isMade).length);
          expect(mostInAnySecond(arrivals)).toBeLessThanOrEqual(15);
        },
      ),
    );
  });

  it('gives turns to processes that are busy, one after the other; also to one that comes later', () => {
    const schedule = scheduleOf();
    const order: string[] = [];
    for (const owner of ['a', 'b']) busy(schedule, owner, (name) => order.push(name));
    vi.advanceTimersByTime(3_000);
    busy(schedule, 'c', (name) => order.push(name));
    const before = order.length;
    vi.advanceTimersByTime(3_000);
    const turns = order.slice(before);
    expect(turns.indexOf('c')).toBeLessThanOrEqual(2);
    const rounds = turns.slice(turns.indexOf('c')).join('').match(/.{3}/g) ?? [];
    expect(rounds.length).toBeGreaterThan(10);
    expect(new Set(rounds)).toEqual(new Set([rounds[0]]));
  });

  it('tells how many processes the calls that count are of, and how many calls', () => {
    const schedule = scheduleOf();
    schedule.reserve('a');
    expect(schedule.reserve('b')).toMatchObject({ contenders: 2, inUse: 2, limit: 15 });
    vi.advanceTimersByTime(2_000);
    expect(schedule.reserve('b')).toMatchObject({ contenders: 1, inUse: 1 });
  });

  it('does not count a call that is given back', () => {
    const schedule = scheduleOf(1);
    schedule.giveBack(schedule.reserve('a').id);
    expect(schedule.reserve('b').leaveAt).toBe(now());
    expect(schedule.reserve('b').leaveAt).toBeGreaterThan(now() + 1_000);
  });

  it('counts a call until a second after it has arrived; as long as it is told to be still to come, until then', () => {
    const schedule = scheduleOf(1);
    const { id } = schedule.reserve('a');
    vi.advanceTimersByTime(500);
    schedule.settle(id, now() + 1_000);
    vi.advanceTimersByTime(1_000);
    schedule.settle(id, now());
    expect(schedule.reserve('b').leaveAt).toBe(now() + 1_005);
  });

  it('forgets the calls of a process that is gone within little more than a second of their turn', () => {
    const schedule = scheduleOf(1);
    const { leaveAt } = schedule.reserve('gone');
    vi.advanceTimersByTime(1_105);
    expect(now()).toBe(leaveAt + 1_105);
    expect(schedule.reserve('b').leaveAt).toBe(now());
  });

  it('pauses for everybody after "too many calls", then allows three quarters, and one a second more each second', () => {
    const schedule = scheduleOf();
    schedule.pause(2_000);
    const end = now() + 2_000;
    expect(schedule.reserve('a')).toMatchObject({ leaveAt: end, pausedUntil: end, limit: 11.25 });
    vi.advanceTimersByTime(4_000);
    expect(schedule.reserve('b').limit).toBeCloseTo(13.25);
    vi.advanceTimersByTime(4_000);
    expect(schedule.reserve('b').limit).toBe(15);
  });

  it('takes refusals of calls that were on their way together for one', () => {
    const schedule = scheduleOf();
    schedule.pause(1_000);
    schedule.pause(3_000);
    schedule.pause(500);
    expect(schedule.reserve('a')).toMatchObject({ limit: 11.25, pausedUntil: now() + 3_000 });
  });

  it('stays away for a minute at most, whatever is asked for', () => {
    const schedule = scheduleOf();
    schedule.pause(86_400_000);
    expect(schedule.reserve('a').leaveAt).toBe(now() + 60_000);
  });

  it('allows one call in a second at least, however often it was too many', () => {
    const schedule = scheduleOf();
    for (let time = 0; time < 20; time++) {
      schedule.pause(1);
      vi.advanceTimersByTime(1);
    }
    expect(schedule.reserve('a').limit).toBe(1);
  });
});
