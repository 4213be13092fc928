import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSchedule, type Grant, type Schedule } from '../../src/policies/schedule.ts';
import { mostInAnySecond } from '../support/in-any-second.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const now = () => performance.now();
const scheduleOf = (callsPerSecond = 15) => createSchedule({ callsPerSecond, clock: now });

/** How a call of a process goes. */
interface Way {
  /** From when it may leave until it has arrived: delay of the process and the network. */
  lateMs: number;
  /** From its arrival until that is confirmed. */
  confirmMs: number;
}
const AT_ONCE: Way = { lateMs: 0, confirmMs: 0 };

/** Reserves a call, makes it in time, and confirms its arrival. */
function call(schedule: Schedule, owner: string, onArrival: (grant: Grant) => void, way = AT_ONCE): Grant {
  const grant = schedule.reserve(owner);
  setTimeout(
    () => {
      const arrivedAt = now();
      onArrival(grant);
      setTimeout(() => schedule.confirm(grant.id, arrivedAt), way.confirmMs);
    },
    grant.leaveAt - grant.now + way.lateMs,
  );
  return grant;
}

/** A process that always has something to send: it reserves again after each call. @returns when its calls arrive. */
function busy(schedule: Schedule, owner: string, onCall = (_owner: string) => {}): number[] {
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
  it('lets a fifth of the calls leave at once when it is quiet, over all processes', () => {
    const schedule = scheduleOf();
    const grants = ['a', 'b', 'a', 'b'].map((owner) => schedule.reserve(owner));
    expect(grants.map(({ leaveAt }) => leaveAt - now())).toEqual([0, 0, 0, expect.any(Number)]);
    expect((grants[3]?.leaveAt ?? 0) - now()).toBeGreaterThanOrEqual(60);
  });

  it('spaces the rest evenly, and reaches 15 calls a second in all', () => {
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

  it('never lets more than 15 arrive in any sliding second, whenever calls are reserved, by any process, and up to 100 ms late', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            owner: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
            pauseMs: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.nat(100), fc.nat(1_500)),
            lateMs: fc.oneof(fc.constant(0), fc.constant(100), fc.nat(100)),
            confirmMs: fc.nat(400),
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
            else schedule.release(schedule.reserve(owner).id);
          }
          vi.advanceTimersByTime(60_000);
          expect(arrivals).toHaveLength(calls.filter(({ isMade }) => isMade).length);
          expect(mostInAnySecond(arrivals)).toBeLessThanOrEqual(15);
        },
      ),
    );
  });

  it('serves busy processes in turn, one that comes later included', () => {
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

  it('reports how many calls count, and of how many processes', () => {
    const schedule = scheduleOf();
    schedule.reserve('a');
    expect(schedule.reserve('b')).toMatchObject({ contenders: 2, inUse: 2, limit: 15 });
    vi.advanceTimersByTime(2_000);
    expect(schedule.reserve('b')).toMatchObject({ contenders: 1, inUse: 1 });
  });

  it('does not count a released reservation', () => {
    const schedule = scheduleOf(1);
    schedule.release(schedule.reserve('a').id);
    expect(schedule.reserve('b').leaveAt).toBe(now());
    expect(schedule.reserve('b').leaveAt).toBeGreaterThan(now() + 1_000);
  });

  it('counts a call until a second after it has arrived, and a renewed reservation until then', () => {
    const schedule = scheduleOf(1);
    const { id } = schedule.reserve('a');
    vi.advanceTimersByTime(500);
    schedule.confirm(id, now() + 1_000);
    vi.advanceTimersByTime(1_000);
    schedule.confirm(id, now());
    expect(schedule.reserve('b').leaveAt).toBe(now() + 1_005);
  });

  it('drops the reservations of a process that is gone within little more than a second', () => {
    const schedule = scheduleOf(1);
    const { leaveAt } = schedule.reserve('gone');
    vi.advanceTimersByTime(1_105);
    expect(now()).toBe(leaveAt + 1_105);
    expect(schedule.reserve('b').leaveAt).toBe(now());
  });

  it('backs off for all processes after "too many calls", then allows three quarters, growing by one call a second each second', () => {
    const schedule = scheduleOf();
    schedule.penalise(2_000);
    const end = now() + 2_000;
    expect(schedule.reserve('a')).toMatchObject({ leaveAt: end, pausedUntil: end, limit: 11.25 });
    vi.advanceTimersByTime(4_000);
    expect(schedule.reserve('b').limit).toBeCloseTo(13.25);
    vi.advanceTimersByTime(4_000);
    expect(schedule.reserve('b').limit).toBe(15);
  });

  it('counts several rejections of calls that were in flight together as one', () => {
    const schedule = scheduleOf();
    schedule.penalise(1_000);
    schedule.penalise(3_000);
    schedule.penalise(500);
    expect(schedule.reserve('a')).toMatchObject({ limit: 11.25, pausedUntil: now() + 3_000 });
  });

  it('backs off for a minute at most', () => {
    const schedule = scheduleOf();
    schedule.penalise(86_400_000);
    expect(schedule.reserve('a').leaveAt).toBe(now() + 60_000);
  });

  it('allows one call a second at least, after any number of rejections', () => {
    const schedule = scheduleOf();
    for (let time = 0; time < 20; time++) {
      schedule.penalise(1);
      vi.advanceTimersByTime(1);
    }
    expect(schedule.reserve('a').limit).toBe(1);
  });
});
