import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createPermitQueue } from '../../src/policies/permit-queue.ts';
import { createRateLimiter, type Permit } from '../../src/policies/rate-limiter.ts';
import { useFakeTime } from '../support/fake-time.ts';
import { mostInAnySecond } from '../support/in-any-second.ts';

useFakeTime();

const now = () => performance.now();

/** A call that leaves at once, and is answered at once. */
function finish(permit: Permit): void {
  permit.start();
  permit.release();
}

/** Requests `calls` permits at once, and records when each was granted. */
function startsOf(calls: number, onPermit: (permit: Permit) => void = finish, limiter = createRateLimiter()) {
  const starts: number[] = [];
  const queue = createPermitQueue(limiter);
  for (let call = 0; call < calls; call++) {
    queue.request((acquire) => {
      starts.push(now());
      onPermit(acquire());
    });
  }
  return starts;
}

describe('the rate limiter', () => {
  it('lets a fifth of the calls leave at once when it is quiet, at the end of this turn of the event loop', () => {
    const starts = startsOf(3);
    expect(starts).toEqual([]);
    vi.advanceTimersByTime(0);
    expect(starts).toHaveLength(3);
  });

  it('spaces the rest evenly, and reaches 15 calls a second', () => {
    const starts = startsOf(60);
    vi.advanceTimersByTime(4_000);
    const gaps = starts.slice(20).map((start, index) => start - (starts[index + 19] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(80);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(60);
    expect(starts.filter((start) => start < 4_000).length).toBeGreaterThanOrEqual(58);
  });

  it('never lets more than 15 arrive in any sliding second, whenever permits are requested, once it knows the fastest round trip', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            pauseMs: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.nat(100), fc.nat(1_500)),
            // On the way there, at the API, and back: only the first is skew, and the rate limiter cannot distinguish them.
            thereMs: fc.nat(100),
            backMs: fc.nat(200),
          }),
          { minLength: 40, maxLength: 80, size: 'max' },
        ),
        (calls) => {
          vi.setSystemTime(0);
          const queue = createPermitQueue(createRateLimiter());
          const arrivals: number[] = [];
          let served = 0;
          const fast = Array.from({ length: 20 }, () => ({ pauseMs: 100, thereMs: 0, backMs: 0 }));
          for (const { pauseMs, thereMs, backMs } of [...fast, ...calls]) {
            vi.advanceTimersByTime(pauseMs);
            queue.request((acquire) => {
              const permit = acquire();
              permit.start();
              served++;
              arrivals.push(now() + 20 + thereMs);
              setTimeout(() => permit.release(), 40 + thereMs + backMs);
            });
          }
          vi.advanceTimersByTime(60_000);
          expect(served).toBe(fast.length + calls.length);
          expect(mostInAnySecond(arrivals)).toBeLessThanOrEqual(15);
        },
      ),
    );
  });

  it('assumes the maximum skew for a call that was aborted without a response', () => {
    const queue = createPermitQueue(createRateLimiter());
    const arrivals: number[] = [];
    const ask = () =>
      queue.request((acquire) => {
        const permit = acquire();
        permit.start();
        const isLate = arrivals.length >= 30 && arrivals.length < 45;
        arrivals.push(now() + (isLate ? 90 : 0));
        setTimeout(() => permit.release(!isLate), isLate ? 1 : 20);
        ask();
      });
    ask();
    vi.advanceTimersByTime(8_000);
    queue.dispose();
    expect(mostInAnySecond(arrivals)).toBeLessThanOrEqual(15);
    expect(arrivals.length).toBeGreaterThanOrEqual(8 * 14);
  });

  it('backs off after "too many calls", then lowers the rate, and recovers', () => {
    const limiter = createRateLimiter();
    let refusals = 1;
    const starts = startsOf(
      120,
      (permit) => {
        if (refusals-- > 0) permit.rejected(2_000);
        finish(permit);
      },
      limiter,
    );
    vi.advanceTimersByTime(0);
    const first = starts.length;
    vi.advanceTimersByTime(1_999);
    expect(starts).toHaveLength(first);
    expect(limiter.backoffMs()).toBeCloseTo(1, 0);
    vi.advanceTimersByTime(1_001);
    expect(starts.length - first).toBeLessThanOrEqual(12);
    vi.advanceTimersByTime(5_000);
    const recovered = starts.length;
    vi.advanceTimersByTime(2_000);
    expect(starts.length - recovered).toBeGreaterThanOrEqual(29);
  });

  it('counts several rejections of calls that were in flight together as one', () => {
    const once = createRateLimiter();
    once.acquire().rejected(1_000);
    const thrice = createRateLimiter();
    for (const permit of [thrice.acquire(), thrice.acquire(), thrice.acquire()]) permit.rejected(1_000);
    vi.advanceTimersByTime(1_000);
    expect(thrice.estimateMs(30)).toBeCloseTo(once.estimateMs(30), -2);
  });

  it('does not count a call that never left, and counts one that has not left yet for as long as it takes', () => {
    const limiter = createRateLimiter({ callsPerSecond: 1 });
    limiter.acquire().release();
    expect(limiter.waitMs()).toBe(0);
    const held = limiter.acquire();
    vi.advanceTimersByTime(5_000);
    expect(limiter.waitMs()).toBeGreaterThan(0);
    held.start();
    held.release();
    vi.advanceTimersByTime(900);
    expect(limiter.waitMs()).toBeGreaterThan(0);
    vi.advanceTimersByTime(200);
    expect(limiter.waitMs()).toBe(0);
  });

  it('rejects a limit below one call a second', () => {
    expect(() => createRateLimiter({ callsPerSecond: 0 })).toThrow('callsPerSecond must be 1 or more, got 0.');
  });

  it('caps an absurd Retry-After at a minute', () => {
    const limiter = createRateLimiter();
    limiter.acquire().rejected(86_400_000);
    expect(limiter.backoffMs()).toBe(60_000);
  });

  it('has spare calls while less than half of the limit is in use', () => {
    const limiter = createRateLimiter();
    for (let call = 0; call < 7; call++) limiter.acquire().start();
    expect(limiter.hasSpare()).toBe(true);
    limiter.acquire();
    expect(limiter.hasSpare()).toBe(false);
  });

  it('accepts another limit', () => {
    const starts = startsOf(10, undefined, createRateLimiter({ callsPerSecond: 1 }));
    vi.advanceTimersByTime(3_500);
    expect(starts).toHaveLength(4);
  });
});

describe('the permit queue', () => {
  it('gives an unused permit to the next request', () => {
    const queue = createPermitQueue(createRateLimiter({ callsPerSecond: 1 }));
    const served: string[] = [];
    queue.request(() => served.push('nothing to send'));
    queue.request((acquire) => served.push(`sent ${typeof acquire().release}`));
    vi.advanceTimersByTime(0);
    expect(served).toEqual(['nothing to send', 'sent function']);
  });

  it('grants no permit after it is disposed', () => {
    const queue = createPermitQueue(createRateLimiter());
    let served = 0;
    queue.request(() => served++);
    queue.dispose();
    vi.advanceTimersByTime(10_000);
    expect(served).toBe(0);
  });
});
