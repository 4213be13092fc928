import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { FaultSpec } from '../../src/sandbox/sandbox.ts';
import { codesByPath } from '../support/gateway-with-sandbox.ts';
import { keysFrom } from '../support/user-keys.ts';
import { ALL_THREE, LI_SI, quickGateway, THREE, ZHANG_SAN } from './strike.ts';

describe('token expired in the middle of traffic', () => {
  it('one shared renewal for all waiting calls, one replay each; no error seen', async () => {
    const { query, sandbox, upstreamCalls, tokenCalls } = await quickGateway();
    sandbox.expireTokens();
    expect(await query(THREE)).toEqual({ data: ALL_THREE });
    expect(tokenCalls()).toBe(2);
    expect(upstreamCalls()).toHaveLength(6);
    expect(new Set(upstreamCalls().map((body) => JSON.stringify(body))).size).toBe(3);
  });

  it('once in every third call: still no error', async () => {
    const { query, sandbox, tokenCalls } = await quickGateway({ cache: { ttlMs: 0 } });
    sandbox.faults.start({ name: 'token-expiry', every: 3 });
    for (let round = 0; round < 6; round++) {
      expect(await query(`{ user(key: "${ZHANG_SAN}") { nameEn } }`)).toEqual({
        data: { user: { nameEn: 'Zhang San' } },
      });
    }
    // Six look-ups, of which calls 3, 6 and so on were refused and repeated with a new token.
    expect(tokenCalls()).toBe(1 + sandbox.faults.list().reduce((sum, { struck }) => sum + struck, 0));
  });

  it('a token that is refused at every call is UPSTREAM_UNAUTHENTICATED after one replay', async () => {
    const { query, sandbox, upstreamCalls, tokenCalls } = await quickGateway();
    sandbox.faults.start({ name: 'token-expiry', kind: 'user_keys' });
    expect(codesByPath(await query(`{ user(key: "${ZHANG_SAN}") { nameEn } }`))).toEqual([
      'user: UPSTREAM_UNAUTHENTICATED',
    ]);
    expect(upstreamCalls()).toHaveLength(2);
    expect(tokenCalls()).toBe(2);
  });
});

describe('token endpoint down or refusing: UPSTREAM_UNAUTHENTICATED / UPSTREAM_UNAVAILABLE, not a hang; cached people still served', () => {
  it.each<[FaultSpec, code: string, requests: number]>([
    [{ name: 'token-refused' }, 'UPSTREAM_UNAUTHENTICATED', 1],
    [{ name: 'token-refused', onHttp200: false }, 'UPSTREAM_UNAUTHENTICATED', 1],
    [{ name: 'error', code: 10022 }, 'UPSTREAM_UNAUTHENTICATED', 1],
    [{ name: 'html', status: 503 }, 'UPSTREAM_UNAVAILABLE', 3],
    [{ name: 'error', code: 50006, onHttp200: true }, 'UPSTREAM_UNAVAILABLE', 3],
    [{ name: 'reset-before-headers' }, 'UPSTREAM_UNAVAILABLE', 3],
    [{ name: 'end-mid-body' }, 'UPSTREAM_UNAVAILABLE', 3],
    // Beside a silent request goes a second one.
    [{ name: 'hang' }, 'UPSTREAM_TIMEOUT', 6],
    [{ name: 'drip', everyMs: 50 }, 'UPSTREAM_TIMEOUT', 6],
    [{ name: 'html', status: 200 }, 'UPSTREAM_BAD_RESPONSE', 2],
    [{ name: 'malformed-rows', shape: 'no-key' }, 'UPSTREAM_BAD_RESPONSE', 2],
    [{ name: 'rate-limit', retryAfter: 'absurd' }, 'UPSTREAM_RATE_LIMITED', 1],
  ])('%o is %s after %i requests for a token', async (spec, code, requests) => {
    const { query, sandbox, upstreamCalls, tokenCalls } = await quickGateway({ timeoutMs: 500 });
    await query(`{ user(key: "${LI_SI}") { nameEn } }`);
    sandbox.faults.start({ ...spec, interface: 'plugin_token' });
    sandbox.expireTokens();
    const both = `{ known: user(key: "${LI_SI}") { nameEn } struck: user(key: "${ZHANG_SAN}") { nameEn } }`;
    const answer = await query(both);
    expect(answer.data).toEqual({ known: { nameEn: 'Li Si' }, struck: null });
    expect(codesByPath(answer)).toEqual([`struck: ${code}`]);
    expect(tokenCalls()).toBe(1 + requests);
    expect(upstreamCalls()).toEqual([{ user_keys: [LI_SI] }, { user_keys: [ZHANG_SAN] }]);

    if (code === 'UPSTREAM_RATE_LIMITED') return;
    sandbox.faults.clear();
    expect(await query(both)).toEqual({ data: { known: { nameEn: 'Li Si' }, struck: { nameEn: 'Zhang San' } } });
  });

  it('one request for a token that is never answered: a second goes beside it, and nobody sees an error', async () => {
    const { query, sandbox, tokenCalls } = await quickGateway({ timeoutMs: 600 });
    sandbox.faults.start({ name: 'hang', interface: 'plugin_token', calls: 1 });
    sandbox.expireTokens();
    const keys = keysFrom(1, 40);
    const answers = [];
    for (const key of keys) {
      answers.push(query(`{ user(key: "${key}") { key } }`));
      await sleep(10);
    }
    expect(await Promise.all(answers)).toEqual(keys.map((key) => ({ data: { user: { key } } })));
    expect(tokenCalls()).toBe(3);
  });

  it('a refused credential is not asked for by the hundred: at most 3 times a second', async () => {
    const { query, sandbox, tokenCalls } = await quickGateway();
    sandbox.faults.start({ name: 'token-refused' });
    sandbox.expireTokens();
    const startedAt = performance.now();
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(
        keysFrom(10 * round, 10).map((key) => query(`{ user(key: "${key}") { key } }`)),
      );
      expect(answers.flatMap(codesByPath)).toEqual(Array.from({ length: 10 }, () => 'user: UPSTREAM_UNAUTHENTICATED'));
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    expect(tokenCalls() - 1).toBeLessThanOrEqual(3 + Math.ceil(3 * seconds));
    expect(seconds).toBeGreaterThan(0.3);
  });
});
