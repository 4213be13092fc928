import { describe, expect, it } from 'vitest';
import type { FaultSpec } from '../../src/sandbox/sandbox.ts';
import { post } from '../support/gateway-with-sandbox.ts';
import { keysFrom } from '../support/user-keys.ts';
import { quickGateway } from './strike.ts';

const KEYS = keysFrom(1, 1_000);
const inOneList = `{ users(keys: ${JSON.stringify(KEYS)}) { key name email } }`;
const LIST = 25;
const lists = Array.from({ length: KEYS.length / LIST }, (_, n) => KEYS.slice(n * LIST, (n + 1) * LIST));
const inAliases = `{ ${lists.map((keys, n) => `a${n}: users(keys: ${JSON.stringify(keys)}) { key name email }`).join('\n')} }`;

describe.each([
  ['in one list', inOneList, (at: number) => ['users', at]],
  ['in forty aliases', inAliases, (at: number) => [`a${Math.floor(at / LIST)}`, at % LIST]],
] as const)('1,000 identifiers %s that fail for one reason give a response under 300 KB', (_, document, pathOf) => {
  it.each<[FaultSpec, string]>([
    [{ name: 'reset-before-headers' }, 'UPSTREAM_UNAVAILABLE'],
    [{ name: 'html', status: 503 }, 'UPSTREAM_UNAVAILABLE'],
    [{ name: 'error', code: 50006 }, 'UPSTREAM_UNAVAILABLE'],
    [{ name: 'html', status: 200 }, 'UPSTREAM_BAD_RESPONSE'],
    [{ name: 'malformed-rows', rows: 100 }, 'UPSTREAM_BAD_RESPONSE'],
    [{ name: 'error', code: 10301 }, 'UPSTREAM_FORBIDDEN'],
    [{ name: 'error', code: 20042 }, 'UPSTREAM_FORBIDDEN'],
    [{ name: 'error', code: 10022 }, 'UPSTREAM_UNAUTHENTICATED'],
    [{ name: 'token-refused' }, 'UPSTREAM_UNAUTHENTICATED'],
    [{ name: 'error', code: 123456789 }, 'UPSTREAM_REJECTED'],
    [{ name: 'error', code: 20006 }, 'UPSTREAM_REJECTED'],
    [{ name: 'rate-limit', retryAfter: 'absurd' }, 'UPSTREAM_RATE_LIMITED'],
    [{ name: 'hang' }, 'UPSTREAM_TIMEOUT'],
  ])('%o', async (spec, code) => {
    const { gateway, sandbox } = await quickGateway({ timeoutMs: 1_000 });
    sandbox.expireTokens();
    sandbox.faults.start(spec);
    const text = await (await post(gateway, { query: document })).text();
    const { errors } = JSON.parse(text);
    // Small, and yet each has its code at its own path.
    expect(errors).toHaveLength(1_000);
    for (const { extensions, message } of errors) {
      expect(extensions.code).toBe(code);
      expect(message).not.toBe('');
    }
    const paths = new Set(errors.map(({ path }: { path: unknown }) => JSON.stringify(path)));
    expect(paths).toEqual(new Set(Array.from(KEYS.keys(), (at) => JSON.stringify(pathOf(at)))));
    expect(Buffer.byteLength(text)).toBeLessThan(300_000);
  });

  it('rejected for a queue that is full: one error, under 300 bytes', async () => {
    const { gateway } = await quickGateway({ queueLimit: 10 });
    const text = await (await post(gateway, { query: document })).text();
    expect(JSON.parse(text).errors).toHaveLength(1);
    expect(text).toContain('OVERLOADED');
    expect(Buffer.byteLength(text)).toBeLessThan(300);
  });

  it('each of them malformed', async () => {
    const { gateway } = await quickGateway();
    const text = await (await post(gateway, { query: document.replaceAll('"7', '" 7 ') })).text();
    expect(JSON.parse(text).errors).toHaveLength(1_000);
    expect(text).toContain('BAD_USER_INPUT');
    expect(Buffer.byteLength(text)).toBeLessThan(300_000);
  });
});
