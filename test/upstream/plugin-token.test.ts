import { describe, expect, it, vi } from 'vitest';
import { UsersDocument } from '../generated/graphql.ts';
import { codesByPath, gatewayWithSandbox } from '../support/gateway-with-sandbox.ts';
import { errorReply, peopleReply } from '../support/wire-replies.ts';

const ONE = '{ user(key: "7000000000000000001") { nameEn } }';
const FOUND = { data: { user: { nameEn: 'Zhang San' } } };

describe('the plugin token', () => {
  it('is obtained once and used for all calls', async () => {
    const { query, gateway, tokenCalls } = await gatewayWithSandbox();
    await gateway.whenReady;
    expect(await query(ONE)).toEqual(FOUND);
    expect(await query(ONE)).toEqual(FOUND);
    expect(tokenCalls()).toBe(1);
  });

  it('expires in the middle of 50 parallel queries: one renewal, no error', async () => {
    const { query, gateway, sandbox, tokenCalls, upstreamCalls } = await gatewayWithSandbox({
      gateway: { callsPerSecond: 1_000 },
      sandbox: { people: 5_000 },
    });
    await gateway.whenReady;
    sandbox.expireTokens();
    sandbox.clearCalls();
    // A full list each, so that none shares a call with another.
    const lists = Array.from({ length: 50 }, (_, list) =>
      sandbox.people.slice(100 * list, 100 * list + 100).map(({ user_key }) => user_key),
    );
    const answers = await Promise.all(lists.map((keys) => query(UsersDocument, { keys })));
    expect(answers).toEqual(lists.map((keys) => ({ data: { users: keys.map((key) => ({ key })) } })));
    expect(tokenCalls()).toBe(1);
    expect(upstreamCalls().length).toBeGreaterThan(50);
    expect(upstreamCalls().length).toBeLessThanOrEqual(100);
  });

  it('is renewed 3 minutes before its end, while the old one still serves', async () => {
    let now = 0;
    const { query, gateway, tokenCalls } = await gatewayWithSandbox({
      gateway: { clock: () => now, cache: { ttlMs: 0 } },
    });
    await gateway.whenReady;
    now = (7200 - 181) * 1000;
    await query(ONE);
    expect(tokenCalls()).toBe(1);
    now = (7200 - 179) * 1000;
    expect(await query(ONE)).toEqual(FOUND);
    await vi.waitFor(() => expect(tokenCalls()).toBe(2));
    await query(ONE);
    expect(tokenCalls()).toBe(2);
  });

  it('that cannot be renewed early goes on serving until its end', async () => {
    let now = 0;
    const { query, gateway, sandbox } = await gatewayWithSandbox({
      gateway: { clock: () => now, cache: { ttlMs: 0 } },
    });
    await gateway.whenReady;
    sandbox.setFault((call, answer) => (call.interface === 'plugin_token' ? { status: 503, body: '' } : answer()));
    now = (7200 - 100) * 1000;
    expect(await query(ONE)).toEqual(FOUND);
    now = 7201 * 1000;
    expect(codesByPath(await query(ONE))).toEqual(['user: UPSTREAM_UNAVAILABLE']);
  });

  it('that is refused again after one renewal is UPSTREAM_UNAUTHENTICATED', async () => {
    const { query, gateway, sandbox, tokenCalls, upstreamCalls } = await gatewayWithSandbox();
    await gateway.whenReady;
    sandbox.setFault((call, answer) => {
      if (call.interface === 'user_query') sandbox.expireTokens();
      return answer();
    });
    expect(codesByPath(await query(ONE))).toEqual(['user: UPSTREAM_UNAUTHENTICATED']);
    expect(tokenCalls()).toBe(2);
    expect(upstreamCalls()).toHaveLength(2);
  });

  it('is not given for a wrong secret: UPSTREAM_UNAUTHENTICATED, and no query is made', async () => {
    const { query, upstreamCalls } = await gatewayWithSandbox({ gateway: { pluginSecret: 'wrong' } });
    const answer = await query(ONE);
    expect(codesByPath(answer)).toEqual(['user: UPSTREAM_UNAUTHENTICATED']);
    expect(JSON.stringify(answer)).not.toContain('wrong');
    expect(upstreamCalls()).toEqual([]);
  });

  it.each([
    ['down', { status: 503, body: 'down' }, 'UPSTREAM_UNAVAILABLE'],
    ['overloaded', { status: 500, body: { error: { code: 50006, msg: 'busy' } } }, 'UPSTREAM_UNAVAILABLE'],
    ['not the API', { status: 200, body: '<html>' }, 'UPSTREAM_BAD_RESPONSE'],
    [
      'giving no token',
      { status: 200, body: { data: {}, error: { code: 0, msg: 'success' } } },
      'UPSTREAM_BAD_RESPONSE',
    ],
  ])('from an endpoint that is %s is told apart from a refusal', async (_, reply, code) => {
    const { query, sandbox } = await gatewayWithSandbox();
    sandbox.setFault((call, answer) => (call.interface === 'plugin_token' ? reply : answer()));
    sandbox.expireTokens();
    expect(codesByPath(await query(ONE))).toEqual([`user: ${code}`]);
  });

  it.each([
    ['no error member', { data: { token: 'p-new', expire_time: 600 } }],
    ['no error member and no lifetime', { data: { token: 'p-new' } }],
    ['an empty error member', { data: { token: 'p-new', expire_time: 600 }, error: {} }],
    ['the common envelope', { data: { token: 'p-new', expire_time: 600 }, err_code: 0, err_msg: '', err: {} }],
  ])('is read from a reply with %s', async (_, body) => {
    const { query, sandbox, tokenCalls } = await gatewayWithSandbox();
    sandbox.expireTokens();
    sandbox.clearCalls();
    sandbox.setFault((call, answer) => {
      if (call.interface === 'plugin_token') return { status: 200, body };
      return call.token === 'p-new' ? peopleReply([{ user_key: '1', name_en: 'One' }]) : answer();
    });
    expect(await query('{ user(key: "1") { nameEn } }')).toEqual({ data: { user: { nameEn: 'One' } } });
    expect(tokenCalls()).toBe(1);
  });

  it.each([
    ['a rate limit', 429, 10429, 'UPSTREAM_RATE_LIMITED', 'again later'],
    ['a rate limit on HTTP 200', 200, 10429, 'UPSTREAM_RATE_LIMITED', 'again later'],
    ['an overload on HTTP 200', 200, 50006, 'UPSTREAM_UNAVAILABLE', 'overloaded'],
    ['a permission not granted', 401, 10301, 'UPSTREAM_FORBIDDEN', 'has the permission to read users, is published'],
    ['a plugin that is disabled', 403, 10204, 'UPSTREAM_FORBIDDEN', 'check LARK_PLUGIN_ID and LARK_PLUGIN_SECRET'],
    ['bought usage exceeded', 400, 1000051942, 'UPSTREAM_REJECTED', 'the usage bought for this plugin is used up'],
    ['a wrong secret', 200, 10001, 'UPSTREAM_UNAUTHENTICATED', 'check LARK_PLUGIN_ID, LARK_PLUGIN_SECRET'],
    ['a code that no page lists', 401, 10009, 'UPSTREAM_UNAUTHENTICATED', 'check LARK_PLUGIN_ID, LARK_PLUGIN_SECRET'],
  ])('that is not given for %s (HTTP %i, %i) is %s, in either envelope', async (_, status, errCode, code, words) => {
    const bodies = [
      errorReply(status, errCode).body,
      { data: {}, error: { code: errCode, msg: 'secret words of the vendor' } },
    ];
    for (const body of bodies) {
      const { query, sandbox, upstreamCalls } = await gatewayWithSandbox({
        gateway: { requestTimeoutMs: 900, retry: { baseMs: 1 } },
      });
      sandbox.setFault((call, answer) => (call.interface === 'plugin_token' ? { status, body } : answer()));
      const answer = await query(ONE);
      expect(codesByPath(answer)).toEqual([`user: ${code}`]);
      expect(answer.errors?.[0]?.message).toContain(words);
      expect(answer.errors?.[0]?.extensions?.upstream).toEqual({ code: errCode, logId: expect.any(String) });
      expect(JSON.stringify(answer)).not.toContain('secret words');
      expect(upstreamCalls()).toEqual([]);
    }
  });

  it.each(['p-bad\ntoken', 'p-张', 'p-two words', ''])(
    'that no header can hold (%j) is none: UPSTREAM_BAD_RESPONSE, and the next is asked for at once',
    async (token) => {
      const { query, sandbox, upstreamCalls } = await gatewayWithSandbox({ gateway: { retry: { baseMs: 1 } } });
      const body = { data: { token, expire_time: 7200 }, error: { code: 0, msg: 'success' } };
      sandbox.setFault((call, answer) => (call.interface === 'plugin_token' ? { status: 200, body } : answer()));
      const answer = await query(ONE);
      expect(codesByPath(answer)).toEqual(['user: UPSTREAM_BAD_RESPONSE']);
      expect(upstreamCalls()).toEqual([]);
      sandbox.setFault(undefined);
      expect(await query(ONE)).toEqual(FOUND);
    },
  );

  it('from an endpoint that hangs ends with the deadline', async () => {
    const { query, sandbox } = await gatewayWithSandbox({ gateway: { timeoutMs: 200 } });
    sandbox.setFault((call, answer) => (call.interface === 'plugin_token' ? () => {} : answer()));
    sandbox.expireTokens();
    expect(codesByPath(await query(ONE))).toEqual(['user: UPSTREAM_TIMEOUT']);
  });
});
