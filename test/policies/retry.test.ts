import { describe, expect, it } from 'vitest';
import { createBreaker } from '../../src/policies/breaker.ts';
import { createPace } from '../../src/policies/pace.ts';
import { createRetryPolicy } from '../../src/policies/retry.ts';

describe('the retry policy', () => {
  const policyAt = (random = () => 0.5) => {
    const clock = { now: 0 };
    return { clock, policy: createRetryPolicy({ clock: () => clock.now, random }) };
  };

  it('delays for a random part of a limit that doubles', () => {
    const { policy } = policyAt();
    expect([policy.delayMs(1), policy.delayMs(2)]).toEqual([50, 100]);
  });

  it('allows retries for a fifth of recent calls, and three in any case', () => {
    const { clock, policy } = policyAt();
    const granted = (asked: number) => Array.from({ length: asked }, policy.takeRetry).filter(Boolean);
    expect(granted(10)).toHaveLength(3);
    for (let call = 0; call < 50; call++) policy.recordCall();
    expect(granted(10)).toHaveLength(7);
    clock.now = 10_001;
    expect(granted(10)).toHaveLength(3);
  });
});

describe('the circuit breaker', () => {
  const breakerAt = () => {
    const clock = { now: 0 };
    const breaker = createBreaker({ failures: 3, halfOpenAfterMs: 1_000, clock: () => clock.now });
    const call = (isFailure: boolean) => {
      breaker.enter().leave(isFailure ? 'failure' : 'success');
    };
    return { clock, breaker, call };
  };

  it('opens after consecutive failures', () => {
    const { breaker, call } = breakerAt();
    for (const isFailure of [true, true, false, true, true]) call(isFailure);
    expect(breaker.openMs()).toBe(0);
    call(true);
    expect(breaker.openMs()).toBe(1_000);
  });

  it('sends one trial call after a while, and closes when it succeeds', () => {
    const { clock, breaker, call } = breakerAt();
    for (let n = 0; n < 3; n++) call(true);
    clock.now = 1_000;
    expect(breaker.openMs()).toBe(0);
    const trial = breaker.enter();
    expect(breaker.openMs()).toBeGreaterThan(0);
    trial.leave('success');
    expect(breaker.openMs()).toBe(0);
  });

  it('lets no second trial leave because a call that left before ends during the trial', () => {
    const { clock, breaker, call } = breakerAt();
    const slow = breaker.enter();
    for (let n = 0; n < 3; n++) call(true);
    clock.now = 1_000;
    const trial = breaker.enter();
    slow.leave('unknown');
    expect(breaker.openMs()).toBeGreaterThan(0);
    trial.leave('success');
    expect(breaker.openMs()).toBe(0);
  });

  it('ignores a call that was cancelled', () => {
    const { clock, breaker, call } = breakerAt();
    for (let n = 0; n < 3; n++) call(true);
    clock.now = 1_000;
    breaker.enter().leave('unknown');
    expect(breaker.openMs()).toBe(0);
    call(true);
    expect(breaker.openMs()).toBe(1_000);
  });

  it('stays open when the trial fails', () => {
    const { clock, breaker, call } = breakerAt();
    for (let n = 0; n < 3; n++) call(true);
    clock.now = 1_500;
    call(true);
    expect(breaker.openMs()).toBe(1_000);
  });
});

describe('a pace', () => {
  it('grants some permits at once, the others evenly, and none that would come too late', () => {
    const clock = { now: 0 };
    const pace = createPace(2, () => clock.now);
    expect(Array.from({ length: 5 }, () => pace.nextPermit())).toEqual([0, 0, 500, 1_000, 1_500]);
    expect(pace.nextPermit(1_999)).toBeUndefined();
    clock.now = 1_000;
    expect(pace.nextPermit(1_999)).toBe(1_000);
  });
});
