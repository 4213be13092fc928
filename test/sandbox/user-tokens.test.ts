import { describe, expect, it } from 'vitest';
import { FIRST, openSandbox, SECOND, stoppedClock } from './sandbox-client.ts';

const ASK = { user_keys: [FIRST] };

async function sandboxWithTokens(options: Parameters<typeof openSandbox>[0] = {}) {
  const harness = await openSandbox(options);
  const codeWith = async (token: string) => (await harness.queryWith(token, ASK)).json.err_code;
  const userTokens = (method: string, body: unknown) =>
    fetch(`${harness.sandbox.url}/_sandbox/user_tokens`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  return { ...harness, codeWith, userTokens };
}

describe('A user access token', () => {
  it('can be had for any person of the sandbox, and finds people', async () => {
    const { userTokens, codeWith } = await sandboxWithTokens();
    const response = await userTokens('POST', { user_key: SECOND });
    const { token, expire_time } = await response.json();
    expect([response.status, expire_time]).toEqual([200, 7_200]);
    expect(token).toMatch(/^u-/);
    expect(await codeWith(token)).toBe(0);
  });

  it.each([{}, null, [], { user_key: 7 }, { user_key: 'nobody' }])('is not given for %o', async (body) => {
    const { userTokens } = await sandboxWithTokens();
    const response = await userTokens('POST', body);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ problem: expect.stringContaining('names a person of this sandbox') });
  });

  it('is refused with 10022 once it is revoked, and others are not', async () => {
    const { sandbox, userTokens, codeWith } = await sandboxWithTokens();
    const [first, second, third] = [1, 2, 3].map(() => sandbox.userAccessToken(FIRST)) as [string, string, string];
    expect((await userTokens('DELETE', { token: first })).status).toBe(204);
    expect((await userTokens('DELETE', { token: first })).status).toBe(400);
    sandbox.revokeToken(second);
    expect([await codeWith(first), await codeWith(second), await codeWith(third)]).toEqual([10022, 10022, 0]);
  });

  it('ends like any token: after its lifetime, and with the fault token-expiry', async () => {
    const { now, advance } = stoppedClock();
    const { sandbox, codeWith } = await sandboxWithTokens({ now, tokenLifetimeSeconds: 60 });
    const token = sandbox.userAccessToken(FIRST);
    advance(59_999);
    expect(await codeWith(token)).toBe(0);
    advance(1);
    expect(await codeWith(token)).toBe(10022);
    const next = sandbox.userAccessToken(FIRST);
    sandbox.faults.start({ name: 'token-expiry', calls: 1 });
    expect(await codeWith(next)).toBe(10022);
  });

  it('has a quota of its own, also beside another of the same person', async () => {
    const { sandbox, codeWith } = await sandboxWithTokens({ callsPerSecond: 1, now: stoppedClock().now });
    const [first, second] = [sandbox.userAccessToken(FIRST), sandbox.userAccessToken(FIRST)];
    expect([await codeWith(first), await codeWith(first), await codeWith(second)]).toEqual([0, 10429, 0]);
  });
});
