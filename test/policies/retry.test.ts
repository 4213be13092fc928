import { describe, expect, it } from 'vitest';
import { createBreaker } from '../../src/policies/breaker.ts';
import { createPace } from '../../src/policies/pace.ts';
import { createRetryPolicy } from '../../src/policies/retry.ts';

describe('repeating calls', () => {
  const policyAt = (random = () => 0.5) => {
    const clock = { now: 0 };
    return { clock, policy: createRetryPolicy({ clock: () => clock.now, random }) };
  };

  it('pauses for a random part of a limit that doubles', () => {
    const { policy } = policyAt();
    expect([policy.pauseMs(1), policy.pauseMs(2)]).toEqual([50, 100]);
  });

  it('is at most a fifth of the calls of late, and three in any case', () => {
    const { clock, policy } = policyAt();
    const granted = (asked: number) => Array.from({ length: asked }, policy.takeRepetition).filter(Boolean);
    expect(granted(10)).toHaveLength(3);
    for (let call = 0; call < 50; call++) policy.noteCall();
    expect(granted(10)).toHaveLength(7);
    clock.now = 10_001;
    expect(granted(10)).toHaveLength(3);
  });
});

describe('the breaker', () => {
  const breakerAt = () => {
    const clock = { now: 0 };
    const breaker = createBreaker({ failures: 3, halfOpenAfterMs: 1_000, clock: () => clock.now });
    const call = (isFailure: boolean) => {
      breaker.enter().leave(isFailure ? 'outage' : 'well');
    };
    return { clock, breaker, call };
  };

  it('opens after so many failures in a row', () => {
    const { breaker, call } = breakerAt();
    for (const isFailure of [true, true, false, true, true]) call(isFailure);
    expect(breaker.openMs()).toBe(0);
    call(true);
    expect(breaker.openMs()).toBe(1_000);
  });

  it('lets one call try after a while, and closes when that goes well', () => {
    const { clock, breaker, call } = breakerAt();
    for (let n = 0; n < 3; n++) call(true);
    clock.now = 1_000;
    expect(breaker.openMs()).toBe(0);
    const trial = breaker.enter();
    expect(breaker.openMs()).toBeGreaterThan(0);
    trial.leave('well');
    expect(breaker.openMs()).toBe(0);
  });

  it('is not opened for a second call by one that left before and ends during the trial', () => {
    const { clock, breaker, call } = breakerAt();
    const slow = breaker.enter();
    for (let n = 0; n < 3; n++) call(true);
    clock.now = 1_000;
    const trial = breaker.enter();
    slow.leave('nothing');
    expect(breaker.openMs()).toBeGreaterThan(0);
    trial.leave('well');
    expect(breaker.openMs()).toBe(0);
  });

  it('learns nothing from a call that was cancelled', () => {
    const { clock, breaker, call } = breakerAt();
    for (let n = 0; n < 3; n++) call(true);
    clock.now = 1_000;
    breaker.enter().leave('nothing');
    expect(breaker.openMs()).toBe(0);
    call(true);
    expect(breaker.openMs()).toBe(1_000);
  });

  it('stays open when the try fails', () => {
    const { clock, breaker, call } = breakerAt();
    for (let n = 0; n < 3; n++) call(true);
    clock.now = 1_500;
    call(true);
    expect(breaker.openMs()).toBe(1_000);
  });
});

describe('a pace', () => {
  it('gives some turns at once, the others evenly, and none that would come too late', () => {
    const clock = { now: 0 };
    const pace = createPace(2, () => clock.now);
    expect(Array.from({ length: 5 }, () => pace.nextTurn())).toEqual([0, 0, 500, 1_000, 1_500]);
    expect(pace.nextTurn(1_999)).toBeUndefined();
    clock.now = 1_000;
    expect(pace.nextTurn(1_999)).toBe(1_000);
  });
});
