import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { codesByPath } from '../support/gateway-with-sandbox.ts';
import { quickGateway, ZHANG_SAN } from './strike.ts';

const ONE = `{ user(key: "${ZHANG_SAN}") { nameEn } }`;
const FOUND = { data: { user: { nameEn: 'Zhang San' } } };
const DAY_MS = 86_400_000;

afterEach(() => {
  vi.useRealTimers();
});

/** The wall clock of the machine is set to another time. */
function setWallClock(byMs: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + byMs });
}

describe('clock jumps: token and cache lifetimes use a monotonic clock', () => {
  it.each([
    ['ahead', DAY_MS],
    ['back', -DAY_MS],
  ])('a day %s: people in memory and the token serve as before', async (_, byMs) => {
    const { query, tokenCalls, upstreamCalls } = await quickGateway();
    expect(await query(ONE)).toEqual(FOUND);
    setWallClock(byMs);
    expect(await query(ONE)).toEqual(FOUND);
    expect(upstreamCalls()).toHaveLength(1);
    await query('{ user(key: "7000000000000000002") { nameEn } }');
    expect(upstreamCalls()).toHaveLength(2);
    expect(tokenCalls()).toBe(1);
  });

  it('a day back: people do not stay in memory for a day longer', async () => {
    const { query, upstreamCalls } = await quickGateway({ cache: { ttlMs: 50 } });
    await query(ONE);
    setWallClock(-DAY_MS);
    await sleep(60);
    expect(await query(ONE)).toEqual(FOUND);
    expect(upstreamCalls()).toHaveLength(2);
  });

  it('a day back: an open breaker does not stay open for a day longer', async () => {
    const { query, sandbox } = await quickGateway({ breaker: { failures: 3, halfOpenAfterMs: 50 } });
    sandbox.faults.start({ name: 'html', status: 503, calls: 3 });
    expect(codesByPath(await query(ONE))).toEqual(['user: UPSTREAM_UNAVAILABLE']);
    setWallClock(-DAY_MS);
    await sleep(60);
    expect(await query(ONE)).toEqual(FOUND);
  });
});
