import { describe, expect, it } from 'vitest';
import type { FaultSpec } from '../../src/sandbox/sandbox.ts';
import { codesByPath, faultsTo } from '../support/gateway-with-sandbox.ts';
import {
  clockThatJumps,
  failure,
  noFailure,
  outcomeOf,
  quickGateway,
  SPARED,
  strike,
  THREE,
  ZHANG_SAN,
} from './strike.ts';

/** How each code of upstream-api.md is classified, and how many calls one look-up may cost. */
const CODES: readonly (readonly [errCode: number, code: string, calls: number])[] = [
  [10301, 'UPSTREAM_FORBIDDEN', 1],
  [10302, 'UPSTREAM_FORBIDDEN', 1],
  [10001, 'UPSTREAM_FORBIDDEN', 1],
  [10404, 'UPSTREAM_FORBIDDEN', 1],
  [20039, 'UPSTREAM_FORBIDDEN', 1],
  [20042, 'UPSTREAM_FORBIDDEN', 1],
  [1000051942, 'UPSTREAM_REJECTED', 1],
  [123456, 'UPSTREAM_REJECTED', 1],
  [10021, 'UPSTREAM_UNAUTHENTICATED', 2],
  [10022, 'UPSTREAM_UNAUTHENTICATED', 2],
  [10211, 'UPSTREAM_UNAUTHENTICATED', 2],
  [50006, 'UPSTREAM_UNAVAILABLE', 3],
];

describe('err_code ≠ 0, on its own HTTP status and on HTTP 200, is classified by the table', () => {
  describe.each([false, true])('on HTTP 200: %s', (onHttp200) => {
    it.each(CODES)('%i is %s after %i calls', async (errCode, code, calls) => {
      const struck = await strike({ name: 'error', code: errCode, onHttp200 });
      const [error] = struck.answer.errors ?? [];
      expect(error?.extensions?.upstream).toEqual({ code: errCode, logId: expect.any(String) });
      expect(await outcomeOf(struck)).toEqual(failure(code, calls));
    });
  });

  it.each(CODES)('%i without data is %s after %i calls as well', async (errCode, code, calls) => {
    const struck = await strike({ name: 'error', code: errCode, withoutData: true });
    expect(await outcomeOf(struck)).toEqual(failure(code, calls));
  });

  it('a token that is refused without data is renewed, and nobody sees an error', async () => {
    const struck = await strike({ name: 'error', code: 10022, withoutData: true, calls: 1 });
    expect(struck.tokenCalls()).toBe(2);
    expect(await outcomeOf(struck)).toEqual(noFailure(2));
  });

  it.each([20004, 20005, 10430])('%i is UPSTREAM_REJECTED, and logged as our bug', async (code) => {
    const logged: string[] = [];
    const struck = await strike({ name: 'error', code }, { log: faultsTo((fault) => logged.push(fault)) });
    expect(logged).toEqual([expect.stringContaining(String(code))]);
    expect(logged.join()).not.toContain(ZHANG_SAN);
    expect(await outcomeOf(struck)).toEqual(failure('UPSTREAM_REJECTED', 1));
  });

  it('a refusal says what the operator should check, in words of our own', async () => {
    const { answer } = await strike({ name: 'error', code: 10301 });
    expect(answer.errors?.[0]?.message).toMatch(/check .*permission/);
    expect(answer.errors?.[0]?.message).not.toContain('Check Token Perm Failed');
  });

  it('30006 for a batch: every identifier in it is "not found", without an error', async () => {
    const struck = await strike({ name: 'error', code: 30006 });
    const { answer, asked, query, sandbox } = struck;
    expect(answer).toEqual({ data: { struck: null, ...SPARED } });
    sandbox.faults.clear();
    // "Not found" is an answer, so it is remembered.
    expect(await query(THREE)).toEqual({ data: { struck: null, ...SPARED } });
    expect(asked()).toEqual({ user_keys: 1, emails: 1, out_ids: 1 });
  });

  it('30006 on HTTP 200, for a batch of three, is "not found" three times', async () => {
    const { query, sandbox, upstreamCalls } = await quickGateway();
    sandbox.faults.start({ name: 'error', code: 30006, onHttp200: true });
    expect(await query('{ users(keys: ["1", "2", "3"]) { key } }')).toEqual({ data: { users: [null, null, null] } });
    expect(upstreamCalls()).toHaveLength(1);
  });
});

describe('429 with Retry-After in seconds, as a date, 86400, or none', () => {
  it.each<FaultSpec>([
    { name: 'rate-limit', retryAfter: 0 },
    { name: 'rate-limit', retryAfter: 1 },
    { name: 'rate-limit', retryAfter: 1, as: 'date' },
    { name: 'rate-limit', retryAfter: 'none' },
  ])('%o is waited out where the deadline allows it', async (spec) => {
    expect(await outcomeOf(await strike({ ...spec, calls: 1 }))).toEqual(noFailure(2));
  });

  it.each<[FaultSpec, number, number]>([
    [{ name: 'rate-limit', retryAfter: 30 }, 25_000, 30_000],
    [{ name: 'rate-limit', retryAfter: 30, as: 'date' }, 25_000, 30_000],
    [{ name: 'rate-limit', retryAfter: 'absurd' }, 30_000, 60_000],
    [{ name: 'rate-limit', retryAfter: 86_400, as: 'date' }, 30_000, 60_000],
  ])('%o fails fast where it does not, and tells when to come back', async (spec, atLeast, atMost) => {
    const time = clockThatJumps();
    const struck = await strike(spec, { clock: time.clock });
    const { retryAfterMs = 0 } = struck.answer.errors?.[0]?.extensions ?? {};
    expect(retryAfterMs).toBeGreaterThan(atLeast);
    expect(retryAfterMs).toBeLessThanOrEqual(atMost);
    // Longer than any pause, and within the life of a person in memory: those beside are not asked for again.
    time.jump(59_000);
    if (retryAfterMs > 30_000) time.jump(2_000);
    const { sandbox, query, asked, answer } = struck;
    expect(answer.data).toEqual({ struck: null, ...SPARED });
    expect(codesByPath(answer)).toEqual(['struck: UPSTREAM_RATE_LIMITED']);
    expect(asked().user_keys).toBe(1);
    sandbox.faults.clear();
    expect((await query(THREE)).errors).toBeUndefined();
    expect(asked().user_keys).toBe(2);
  });

  it('none, where the deadline is shorter than the usual second, is UPSTREAM_RATE_LIMITED', async () => {
    const { answer, asked } = await strike({ name: 'rate-limit', retryAfter: 'none' }, { requestTimeoutMs: 700 });
    expect(codesByPath(answer)).toEqual(['struck: UPSTREAM_RATE_LIMITED']);
    expect(asked().user_keys).toBe(1);
  });

  it('the pause is for everyone: nobody is asked for meanwhile, whatever they are asked by', async () => {
    const { query, upstreamCalls, answer } = await strike({ name: 'rate-limit', retryAfter: 'absurd', calls: 1 });
    expect(answer.errors).toHaveLength(1);
    const calls = upstreamCalls().length;
    const later = await query(
      '{ user(key: "7000000000000000009") { key } usersByEmail(emails: ["zhangsan@example.com", "lisi@example.com"]) { nameEn } }',
    );
    expect(later.data).toEqual({ user: null, usersByEmail: [null, { nameEn: 'Li Si' }] });
    expect(codesByPath(later)).toEqual(['user: UPSTREAM_RATE_LIMITED', 'usersByEmail.0: UPSTREAM_RATE_LIMITED']);
    expect(upstreamCalls()).toHaveLength(calls);
  });
});
