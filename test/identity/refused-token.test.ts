import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { clockThatJumps } from '../faults/strike.ts';
import { gatewayForCallers, LI_SI, one, ZHANG_SAN } from '../support/callers-with-tokens.ts';
import { codesByPath } from '../support/gateway-with-sandbox.ts';
import { answerQueries, errorReply } from '../support/wire-replies.ts';

const two = `{ a: user(key: "${ZHANG_SAN}") { key } list: users(keys: ["${LI_SI}", "7000000000000000003"]) { key } }`;

describe('a token that the user API refuses', () => {
  it.each([10021, 10022, 10211, 10302])(
    'with %i is UNAUTHENTICATED at each path of its caller, after one call: it cannot be renewed',
    async (code) => {
      const { askAs, newToken, sandbox, upstreamCalls, tokenCalls } = await gatewayForCallers();
      sandbox.faults.start({ name: 'error', code });
      const answer = await askAs(newToken(), two);
      expect(codesByPath(answer)).toEqual(['a: UNAUTHENTICATED', 'list.0: UNAUTHENTICATED', 'list.1: UNAUTHENTICATED']);
      expect(answer.errors?.[0]?.message).toBe('The user API refused the token in x-lark-user-token: get a new one.');
      expect(answer.errors?.[0]?.extensions?.upstream).toEqual({ code, logId: expect.any(String) });
      expect(upstreamCalls()).toHaveLength(1);
      expect(tokenCalls()).toBe(0);
    },
  );

  it('with a code that no page lists on HTTP 401 is UNAUTHENTICATED, too', async () => {
    const harness = await gatewayForCallers();
    answerQueries(harness, () => errorReply(401, 10009));
    expect(codesByPath(await harness.askAs(harness.newToken(), one(ZHANG_SAN)))).toEqual(['user: UNAUTHENTICATED']);
    expect(harness.upstreamCalls()).toHaveLength(1);
  });

  it("is its own caller's trouble: others are answered", async () => {
    const { askAs, newToken, sandbox } = await gatewayForCallers();
    const [revoked, good] = [newToken(), newToken()];
    sandbox.revokeToken(revoked);
    const [bad, well] = await Promise.all([askAs(revoked, one(ZHANG_SAN)), askAs(good, one(ZHANG_SAN))]);
    expect(codesByPath(bad)).toEqual(['user: UNAUTHENTICATED']);
    expect(well).toEqual({ data: { user: { key: ZHANG_SAN } } });
  });

  it.each([
    [10301, 'check that the plugin has the permission to read users'],
    [10001, 'check the permissions of the plugin, and of the user whose token it is'],
    [10404, 'that the user whose token it is sees it'],
    [20039, 'acts for no user; send a user access token'],
    [20042, 'does not know the user for whom the token in x-lark-user-token acts'],
    [10023, 'does not know the user for whom the token in x-lark-user-token acts'],
    [1000051743, 'does not know the user for whom the token in x-lark-user-token acts'],
    [10204, 'check the plugin that the token in x-lark-user-token was issued for'],
  ])('with %i lacks a permission instead: UPSTREAM_FORBIDDEN, which names no setting', async (code, words) => {
    const { askAs, newToken, sandbox } = await gatewayForCallers();
    sandbox.faults.start({ name: 'error', code });
    const answer = await askAs(newToken(), one(ZHANG_SAN));
    expect(codesByPath(answer)).toEqual(['user: UPSTREAM_FORBIDDEN']);
    expect(answer.errors?.[0]?.message).toContain(words);
    expect(answer.errors?.[0]?.message).not.toContain('LARK_');
  });

  it('is no outage: however often it is refused, the breaker lets it ask, and readiness stays as it is', async () => {
    const { askAs, newToken, sandbox, gateway, upstreamCalls } = await gatewayForCallers({
      gateway: { breaker: { failures: 1 } },
    });
    const token = newToken();
    sandbox.faults.start({ name: 'error', code: 10022, calls: 3 });
    for (let n = 0; n < 3; n++)
      expect(codesByPath(await askAs(token, one(ZHANG_SAN)))).toEqual(['user: UNAUTHENTICATED']);
    expect(gateway.readiness().upstream).toEqual({ status: 'ok' });
    expect(await askAs(token, one(ZHANG_SAN))).toEqual({ data: { user: { key: ZHANG_SAN } } });
    expect(upstreamCalls()).toHaveLength(4);
  });

  it('serves no cached user from then on, until the user API accepts it again', async () => {
    const { askAs, newToken, sandbox, upstreamCalls } = await gatewayForCallers();
    const token = newToken();
    await askAs(token, one(ZHANG_SAN));
    sandbox.faults.start({ name: 'error', code: 10022, calls: 2 });
    await askAs(token, one(LI_SI));
    expect(codesByPath(await askAs(token, one(ZHANG_SAN)))).toEqual(['user: UNAUTHENTICATED']);
    expect(await askAs(token, one(LI_SI))).toEqual({ data: { user: { key: LI_SI } } });
    expect(await askAs(token, one(ZHANG_SAN))).toEqual({ data: { user: { key: ZHANG_SAN } } });
    expect(upstreamCalls()).toHaveLength(4);
  });
});

describe('the token of a caller', () => {
  it('is in no error, no event and no log', async () => {
    const logged: string[] = [];
    const { askAs, newToken, sandbox, events } = await gatewayForCallers({
      gateway: { log: { level: 'trace', write: (entry) => logged.push(JSON.stringify(entry)) } },
    });
    const token = newToken();
    const told: unknown[] = [];
    for (const code of [10022, 10301, 50006, 20004, 20006, 7]) {
      sandbox.faults.start({ name: 'error', code });
      told.push(await askAs(token, two));
      sandbox.faults.clear();
    }
    await askAs(token, two);
    const everything = inspect([told, events, logged], { depth: null });
    expect(logged.length).toBeGreaterThan(6);
    expect(everything).toContain('UNAUTHENTICATED');
    expect(everything).not.toContain(token);
    expect(everything).not.toContain('caller:');
  });
});

describe('cached users of a caller with its own token', () => {
  it('are not served beyond their time, whatever the trouble', async () => {
    const time = clockThatJumps();
    const { askAs, newToken, sandbox } = await gatewayForCallers({
      gateway: { clock: time.clock, retry: { baseMs: 1 } },
    });
    const token = newToken();
    await askAs(token, one(ZHANG_SAN));
    time.jump(60_001);
    sandbox.faults.start({ name: 'html', status: 503 });
    expect(codesByPath(await askAs(token, one(ZHANG_SAN)))).toEqual(['user: UPSTREAM_UNAVAILABLE']);
  });

  it('are not refreshed ahead, however hot: a token is used for its caller only', async () => {
    const time = clockThatJumps();
    const { askAs, newToken, upstreamCalls } = await gatewayForCallers({ gateway: { clock: time.clock } });
    const token = newToken();
    for (let times = 0; times < 3; times++) await askAs(token, one(ZHANG_SAN));
    time.jump(55_000);
    for (let times = 0; times < 3; times++) await askAs(token, one(ZHANG_SAN));
    await sleep(100);
    expect(upstreamCalls()).toHaveLength(1);
  });
});
