import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createQuota, type Slot } from '../../src/policies/quota.ts';
import { createSlotQueue } from '../../src/policies/slot-queue.ts';
import { useFakeTime } from '../support/fake-time.ts';
import { mostInAnySecond } from '../support/in-any-second.ts';

useFakeTime();

const now = () => performance.now();

/** A call that leaves at once, and is answered at once. */
function finish(slot: Slot): void {
  slot.left();
  slot.done();
}

/** Asks for `calls` slots at once, and tells when each came. */
function startsOf(calls: number, onSlot: (slot: Slot) => void = finish, quota = createQuota()) {
  const starts: number[] = [];
  const queue = createSlotQueue(quota);
  for (let call = 0; call < calls; call++) {
    queue.request((take) => {
      starts.push(now());
      onSlot(take());
    });
  }
  return starts;
}

describe('the quota', () => {
  it('lets a fifth leave at once when it is quiet, at the end of this turn', () => {
    const starts = startsOf(3);
    expect(starts).toEqual([]);
    vi.advanceTimersByTime(0);
    expect(starts).toHaveLength(3);
  });

  it('paces the rest evenly, and reaches 15 calls a second', () => {
    const starts = startsOf(60);
    vi.advanceTimersByTime(4_000);
    const gaps = starts.slice(20).map((start, index) => start - (starts[index + 19] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(80);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(60);
    expect(starts.filter((start) => start < 4_000).length).toBeGreaterThanOrEqual(58);
  });

  it('never lets more than 15 arrive in any sliding second, whenever calls are asked for, once it knows how fast the way can be', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            pauseMs: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.nat(100), fc.nat(1_500)),
            // On the way there, at the API, and back: only the first is lateness, and the quota cannot tell which it was.
            thereMs: fc.nat(100),
            backMs: fc.nat(200),
          }),
          { minLength: 40, maxLength: 80, size: 'max' },
        ),
        (calls) => {
          vi.setSystemTime(0);
          const queue = createSlotQueue(createQuota());
          const arrivals: number[] = [];
          let served = 0;
          const fast = Array.from({ length: 20 }, () => ({ pauseMs: 100, thereMs: 0, backMs: 0 }));
          for (const { pauseMs, thereMs, backMs } of [...fast, ...calls]) {
            vi.advanceTimersByTime(pauseMs);
            queue.request((take) => {
              const slot = take();
              slot.left();
              served++;
              arrivals.push(now() + 20 + thereMs);
              setTimeout(() => slot.done(), 40 + thereMs + backMs);
            });
          }
          vi.advanceTimersByTime(60_000);
          expect(served).toBe(fast.length + calls.length);
          expect(mostInAnySecond(arrivals)).toBeLessThanOrEqual(15);
        },
      ),
    );
  });

  it('counts on no answer that did not come: a call that was ended at once may arrive as late as any', () => {
    const queue = createSlotQueue(createQuota());
    const arrivals: number[] = [];
    const ask = () =>
      queue.request((take) => {
        const slot = take();
        slot.left();
        const isLate = arrivals.length >= 30 && arrivals.length < 45;
        arrivals.push(now() + (isLate ? 90 : 0));
        setTimeout(() => slot.done(!isLate), isLate ? 1 : 20);
        ask();
      });
    ask();
    vi.advanceTimersByTime(8_000);
    queue.dispose();
    expect(mostInAnySecond(arrivals)).toBeLessThanOrEqual(15);
    expect(arrivals.length).toBeGreaterThanOrEqual(8 * 14);
  });

  it('pauses for everybody after "too many calls", then goes slower, and recovers by itself', () => {
    const quota = createQuota();
    let refusals = 1;
    const starts = startsOf(
      120,
      (slot) => {
        if (refusals-- > 0) slot.refused(2_000);
        finish(slot);
      },
      quota,
    );
    vi.advanceTimersByTime(0);
    const first = starts.length;
    vi.advanceTimersByTime(1_999);
    expect(starts).toHaveLength(first);
    expect(quota.pausedMs()).toBeCloseTo(1, 0);
    vi.advanceTimersByTime(1_001);
    expect(starts.length - first).toBeLessThanOrEqual(12);
    vi.advanceTimersByTime(5_000);
    const recovered = starts.length;
    vi.advanceTimersByTime(2_000);
    expect(starts.length - recovered).toBeGreaterThanOrEqual(29);
  });

  it('takes several refusals of calls that were on their way together for one sign', () => {
    const once = createQuota();
    once.take().refused(1_000);
    const thrice = createQuota();
    for (const slot of [thrice.take(), thrice.take(), thrice.take()]) slot.refused(1_000);
    vi.advanceTimersByTime(1_000);
    expect(thrice.estimateMs(30)).toBeCloseTo(once.estimateMs(30), -2);
  });

  it('does not count a call that never left, and counts one that has not left yet for as long as it takes', () => {
    const quota = createQuota({ callsPerSecond: 1 });
    quota.take().done();
    expect(quota.waitMs()).toBe(0);
    const held = quota.take();
    vi.advanceTimersByTime(5_000);
    expect(quota.waitMs()).toBeGreaterThan(0);
    held.left();
    held.done();
    vi.advanceTimersByTime(900);
    expect(quota.waitMs()).toBeGreaterThan(0);
    vi.advanceTimersByTime(200);
    expect(quota.waitMs()).toBe(0);
  });

  it('refuses to be less than one call a second', () => {
    expect(() => createQuota({ callsPerSecond: 0 })).toThrow('callsPerSecond must be 1 or more, got 0.');
  });

  it('does not stay silent for a day because of an absurd Retry-After', () => {
    const quota = createQuota();
    quota.take().refused(86_400_000);
    expect(quota.pausedMs()).toBe(60_000);
  });

  it('has something to spare while less than half is in use', () => {
    const quota = createQuota();
    for (let call = 0; call < 7; call++) quota.take().left();
    expect(quota.hasSpare()).toBe(true);
    quota.take();
    expect(quota.hasSpare()).toBe(false);
  });

  it('can be another', () => {
    const starts = startsOf(10, undefined, createQuota({ callsPerSecond: 1 }));
    vi.advanceTimersByTime(3_500);
    expect(starts).toHaveLength(4);
  });
});

describe('the queue for slots', () => {
  it('gives a turn that is not used to the next', () => {
    const queue = createSlotQueue(createQuota({ callsPerSecond: 1 }));
    const served: string[] = [];
    queue.request(() => served.push('has nothing to send any more'));
    queue.request((take) => served.push(`sent ${typeof take().done}`));
    vi.advanceTimersByTime(0);
    expect(served).toEqual(['has nothing to send any more', 'sent function']);
  });

  it('serves nobody after it is disposed', () => {
    const queue = createSlotQueue(createQuota());
    let served = 0;
    queue.request(() => served++);
    queue.dispose();
    vi.advanceTimersByTime(10_000);
    expect(served).toBe(0);
  });
});
