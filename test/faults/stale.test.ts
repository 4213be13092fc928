import { describe, expect, it, vi } from 'vitest';
import type { FaultSpec } from '../../src/sandbox/sandbox.ts';
import { codesByPath, post } from '../support/gateway-with-sandbox.ts';
import { keysFrom } from '../support/user-keys.ts';
import { answerQueries, errorReply } from '../support/wire-replies.ts';
import { afterAMinute, HOUR_MS, MINUTE_MS } from './after-a-minute.ts';
import { LI_SI, ZHANG_SAN } from './strike.ts';

const FOUND = { data: { user: { nameEn: 'Zhang San' } } };

describe('total outage: cached people served as stale (bounded age, said so in `extensions`)', () => {
  it.each<[FaultSpec, calls: number]>([
    [{ name: 'reset-before-headers' }, 3],
    [{ name: 'html', status: 503 }, 3],
    [{ name: 'error', code: 50006, onHttp200: true }, 3],
    [{ name: 'rate-limit', retryAfter: 'absurd' }, 1],
    [{ name: 'html', status: 200 }, 2],
    [{ name: 'html', status: 404 }, 2],
    [{ name: 'redirect' }, 2],
    [{ name: 'truncate' }, 2],
    [{ name: 'empty' }, 2],
    [{ name: 'malformed-envelope', shape: 'data-null' }, 2],
    [{ name: 'oversized' }, 2],
    [{ name: 'error', code: 1000051942 }, 1],
  ])('%o: the old person, without an error, and how many of them', async (spec, calls) => {
    const { ask, sandbox, upstreamCalls } = await afterAMinute();
    sandbox.faults.start(spec);
    expect(await ask()).toEqual({ answer: FOUND, stale: 1, header: '1' });
    expect(upstreamCalls()).toHaveLength(calls);
  });

  it('the header is there, and nothing else is, where no receipt was asked for', async () => {
    const { gateway, sandbox } = await afterAMinute();
    sandbox.faults.start({ name: 'html', status: 503 });
    const response = await post(gateway, { query: `{ user(key: "${ZHANG_SAN}") { nameEn } }` });
    expect(response.headers.get('x-lookup-stale')).toBe('1');
    expect(await response.json()).toEqual(FOUND);
  });

  it('a timeout, too', async () => {
    const { ask, sandbox } = await afterAMinute({ timeoutMs: 200 });
    sandbox.faults.start({ name: 'hang' });
    expect(await ask()).toEqual({ answer: FOUND, stale: 1, header: '1' });
  });

  it('having waited at most a second: before a first attempt of three seconds is over', async () => {
    const { ask, sandbox, upstreamCalls } = await afterAMinute();
    sandbox.faults.start({ name: 'hang' });
    expect(await ask()).toEqual({ answer: FOUND, stale: 1, header: '1' });
    expect(upstreamCalls()).toHaveLength(1);
  });

  describe('having waited at most a second: not for the end of a pause', () => {
    async function inAPause() {
      const harness = await afterAMinute();
      let isBusy = true;
      answerQueries(harness, () => {
        const reply = isBusy ? errorReply(429, 10429, { 'Retry-After': '2.5' }) : errorReply(404, 30006);
        isBusy = false;
        return reply;
      });
      return harness;
    }

    it('that their own call meets', async () => {
      const { ask, upstreamCalls } = await inAPause();
      expect(await ask()).toEqual({ answer: FOUND, stale: 1, header: '1' });
      expect(upstreamCalls()).toHaveLength(1);
    });

    it('that another has met', async () => {
      const { ask, query, events, upstreamCalls } = await inAPause();
      void query(`{ user(key: "${LI_SI}") { nameEn } }`);
      await vi.waitFor(() =>
        expect(events).toContainEqual(expect.objectContaining({ outcome: 'UPSTREAM_RATE_LIMITED' })),
      );
      expect(await ask()).toEqual({ answer: FOUND, stale: 1, header: '1' });
      expect(upstreamCalls()).toHaveLength(1);
    });
  });

  it('beside people who were never known, who fail, and some who can be asked for', async () => {
    const { ask, sandbox } = await afterAMinute();
    sandbox.faults.start({ name: 'html', status: 503, kind: 'user_keys' });
    const { answer, stale, header } = await ask(`
      old: user(key: "${ZHANG_SAN}") { nameEn }
      unknown: user(key: "${LI_SI}") { nameEn }
      new: usersByEmail(emails: ["wangwu@example.com"]) { nameEn }`);
    expect(answer.data).toEqual({ old: { nameEn: 'Zhang San' }, unknown: null, new: [{ nameEn: 'Wang Wu' }] });
    expect(codesByPath(answer)).toEqual(['unknown: UPSTREAM_UNAVAILABLE']);
    expect({ stale, header }).toEqual({ stale: 1, header: '1' });
  });

  it('by another identifier of the same person', async () => {
    const { ask, sandbox } = await afterAMinute();
    const outId = sandbox.people[0]?.out_id;
    sandbox.faults.start({ name: 'html', status: 503 });
    const { answer, stale } = await ask(`usersByOutId(outIds: ["${outId}"]) { nameEn }`);
    expect(answer).toEqual({ data: { usersByOutId: [{ nameEn: 'Zhang San' }] } });
    expect(stale).toBe(1);
  });

  it('while the breaker is open, without a call', async () => {
    const { ask, sandbox, query, upstreamCalls } = await afterAMinute({ breaker: { failures: 3 } });
    sandbox.faults.start({ name: 'html', status: 503 });
    await query(`{ user(key: "${LI_SI}") { nameEn } }`);
    const calls = upstreamCalls().length;
    expect(await ask()).toEqual({ answer: FOUND, stale: 1, header: '1' });
    expect(upstreamCalls()).toHaveLength(calls);
  });

  it('up to an hour beyond their minute', async () => {
    const { ask, sandbox, jump } = await afterAMinute();
    sandbox.faults.start({ name: 'html', status: 503 });
    jump(HOUR_MS - 5_000);
    expect(await ask()).toEqual({ answer: FOUND, stale: 1, header: '1' });
  });

  it('and no longer', async () => {
    const { ask, sandbox, jump } = await afterAMinute();
    sandbox.faults.start({ name: 'html', status: 503 });
    jump(HOUR_MS);
    const { answer, stale } = await ask();
    expect(answer.data).toEqual({ user: null });
    expect(codesByPath(answer)).toEqual(['user: UPSTREAM_UNAVAILABLE']);
    expect(stale).toBe(0);
  });

  it('as long as staleMs says; 0 is never', async () => {
    const { ask, sandbox } = await afterAMinute({ cache: { staleMs: 0 } });
    sandbox.faults.start({ name: 'html', status: 503 });
    expect(codesByPath((await ask()).answer)).toEqual(['user: UPSTREAM_UNAVAILABLE']);
  });

  it('until the API is back: then the person is fresh, and is remembered as such', async () => {
    const { ask, sandbox, upstreamCalls } = await afterAMinute();
    sandbox.faults.start({ name: 'html', status: 503 });
    await ask();
    sandbox.faults.clear();
    const calls = upstreamCalls().length;
    for (const _ of ['asked for', 'remembered']) {
      const { answer, stale, header } = await ask();
      expect({ answer, stale, header: header ?? '0' }).toEqual({ answer: FOUND, stale: 0, header: '0' });
    }
    expect(upstreamCalls()).toHaveLength(calls + 1);
  });
});

it('upstream attempts ≤ 1.2 × what a healthy run would make, while everybody is served as stale', async () => {
  const { ask, query, sandbox, upstreamCalls, jump } = await afterAMinute();
  const keys = keysFrom(1, 50);
  for (const key of keys) await query(`{ user(key: "${key}") { key } }`);
  const healthy = upstreamCalls().length;
  expect(healthy).toBe(50);
  jump(MINUTE_MS);
  sandbox.clearCalls();
  sandbox.faults.start({ name: 'reset-before-headers' });
  for (const key of keys) {
    expect(await ask(`user(key: "${key}") { key }`)).toEqual({
      answer: { data: { user: { key } } },
      stale: 1,
      header: '1',
    });
  }
  expect(upstreamCalls().length).toBeLessThanOrEqual(1.2 * healthy);
});
