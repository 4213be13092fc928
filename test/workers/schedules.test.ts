import { describe, expect, it } from 'vitest';
import { createSchedules } from '../../src/workers/schedules.ts';

function schedulesOf(most: number) {
  const time = { now: 0 };
  return { time, schedules: createSchedules({ callsPerSecond: 15, most, clock: () => time.now }) };
}

describe('the schedules of callers', () => {
  it('are kept while calls count, and there is room for as many at a time as are allowed', () => {
    const { time, schedules } = schedulesOf(2);
    for (const caller of ['a', 'b']) schedules.keep(caller)?.reserve('worker');
    expect(schedules.keep('c')).toBeUndefined();
    expect(schedules.keep('a')?.reserve('worker').inUse).toBe(2);
    time.now += 5_000;
    expect(schedules.keep('c')?.reserve('worker').inUse).toBe(1);
    expect(schedules.find('a')).toBeUndefined();
  });

  it('are dropped when they are not used any more and others come, also where there is room', () => {
    const { time, schedules } = schedulesOf(1_000);
    for (let caller = 0; caller < 500; caller++) {
      schedules.keep(`${caller}`)?.reserve('worker');
      time.now += 100;
    }
    const kept = Array.from({ length: 500 }, (_, caller) => schedules.find(`${caller}`)).filter(Boolean);
    expect(kept).toHaveLength(50);
  });

  it('are kept as long as a call is told to be still to come', () => {
    const { time, schedules } = schedulesOf(1);
    const { id } = schedules.keep('a')?.reserve('worker') ?? { id: '' };
    for (; time.now < 20_000; time.now += 500) schedules.find('a')?.confirm(id, time.now + 1_000);
    expect(schedules.keep('b')).toBeUndefined();
  });

  it('remember a pause and the way back from it, and stand in nobody’s way meanwhile', () => {
    const { time, schedules } = schedulesOf(3);
    schedules.keep('a')?.penalise(60_000);
    for (const caller of ['b', 'c']) schedules.keep(caller)?.reserve('worker');
    time.now += 59_000;
    expect(schedules.keep('d')).toBeDefined();
    expect(schedules.keep('e')).toBeDefined();
    expect(schedules.keep('a')?.reserve('worker').leaveAt).toBe(60_000);
  });
});
