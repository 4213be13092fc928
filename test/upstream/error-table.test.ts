import { describe, expect, it } from 'vitest';
import type { Reply } from '../../src/sandbox/sandbox.ts';
import { codesByPath, faultsTo, gatewayWithSandbox } from '../support/gateway-with-sandbox.ts';
import { answerQueries, errorReply } from '../support/wire-replies.ts';

/** One row of the vendor's table: HTTP status, err_code, what the client sees, how many queries are made. */
const table: [status: number, errCode: number, code: string, calls: number][] = [
  [401, 10021, 'UPSTREAM_UNAUTHENTICATED', 2],
  [401, 10022, 'UPSTREAM_UNAUTHENTICATED', 2],
  [403, 10211, 'UPSTREAM_UNAUTHENTICATED', 2],
  [401, 10301, 'UPSTREAM_FORBIDDEN', 1],
  [401, 10302, 'UPSTREAM_FORBIDDEN', 1],
  [403, 10001, 'UPSTREAM_FORBIDDEN', 1],
  [403, 10404, 'UPSTREAM_FORBIDDEN', 1],
  [429, 10429, 'UPSTREAM_RATE_LIMITED', 1],
  [429, 10430, 'UPSTREAM_REJECTED', 1],
  [400, 20004, 'UPSTREAM_REJECTED', 1],
  [400, 20005, 'UPSTREAM_REJECTED', 1],
  // Three people in a call: two of them, one, and then the others, who are refused together and each alone.
  [400, 20006, 'UPSTREAM_REJECTED', 6],
  [400, 9999, 'UPSTREAM_REJECTED', 6],
  [400, 20039, 'UPSTREAM_FORBIDDEN', 1],
  [400, 20042, 'UPSTREAM_FORBIDDEN', 1],
  [400, 10023, 'UPSTREAM_FORBIDDEN', 1],
  [401, 10204, 'UPSTREAM_FORBIDDEN', 1],
  [400, 1000051743, 'UPSTREAM_FORBIDDEN', 1],
  [500, 50006, 'UPSTREAM_UNAVAILABLE', 3],
  [400, 1000051942, 'UPSTREAM_REJECTED', 1],
  [400, 123456, 'UPSTREAM_REJECTED', 1],
  [429, 123456, 'UPSTREAM_RATE_LIMITED', 1],
  [503, 123456, 'UPSTREAM_UNAVAILABLE', 3],
];

/** An error of the API has no data to tell, so it may leave that out. */
const withoutData = (reply: Reply): Reply => ({ ...reply, body: { ...(reply.body as object), data: undefined } });

/** Shorter than the pause after a 429, so that nobody waits it out here. */
const IMPATIENT = { gateway: { requestTimeoutMs: 900, retry: { baseMs: 1 }, log: faultsTo(() => {}) } };

describe('an error of the user API', () => {
  it.each(table)('HTTP %i with err_code %i is %s after %i calls', async (status, errCode, code, calls) => {
    const harness = await gatewayWithSandbox(IMPATIENT);
    answerQueries(harness, () => errorReply(status, errCode));
    const answer = await harness.query('{ user(key: "1") { key } users(keys: ["2", "3"]) { key } }');
    expect(answer.data).toEqual({ user: null, users: [null, null] });
    expect(codesByPath(answer)).toEqual([`user: ${code}`, `users.0: ${code}`, `users.1: ${code}`]);
    expect(answer.errors?.[0]?.extensions?.upstream).toMatchObject({ code: errCode });
    expect(JSON.stringify(answer)).not.toContain('secret words');
    expect(harness.upstreamCalls()).toHaveLength(calls);
  });

  it.each(table.filter(([status]) => status < 429))(
    'with err_code on HTTP 200 is classified by the code (was %i %i)',
    async (_, errCode, code) => {
      const harness = await gatewayWithSandbox(IMPATIENT);
      answerQueries(harness, () => errorReply(200, errCode));
      expect(codesByPath(await harness.query('{ user(key: "1") { key } }'))).toEqual([`user: ${code}`]);
    },
  );

  it.each(table)('HTTP %i with err_code %i and no data at all is the same', async (status, errCode, code, calls) => {
    const harness = await gatewayWithSandbox(IMPATIENT);
    answerQueries(harness, () => withoutData(errorReply(status, errCode)));
    const answer = await harness.query('{ user(key: "1") { key } users(keys: ["2", "3"]) { key } }');
    expect(codesByPath(answer)).toEqual([`user: ${code}`, `users.0: ${code}`, `users.1: ${code}`]);
    expect(answer.errors?.[0]?.extensions?.upstream).toMatchObject({ code: errCode });
    expect(harness.upstreamCalls()).toHaveLength(calls);
  });

  it.each([10009, 777])('%i, which no page lists, on HTTP 401 renews the token once', async (errCode) => {
    const { query, gateway, sandbox, tokenCalls, upstreamCalls } = await gatewayWithSandbox();
    await gateway.whenReady;
    let replies = 0;
    sandbox.setFault((call, answer) =>
      call.interface === 'user_query' && replies++ === 0 ? errorReply(401, errCode) : answer(),
    );
    expect(await query('{ user(key: "7000000000000000001") { nameEn } }')).toEqual({
      data: { user: { nameEn: 'Zhang San' } },
    });
    expect([tokenCalls(), upstreamCalls().length]).toEqual([2, 2]);
  });

  it('10009 on HTTP 401, also with a new token, is UPSTREAM_UNAUTHENTICATED after one renewal', async () => {
    const harness = await gatewayWithSandbox();
    await harness.gateway.whenReady;
    answerQueries(harness, () => errorReply(401, 10009));
    const answer = await harness.query('{ user(key: "1") { key } }');
    expect(codesByPath(answer)).toEqual(['user: UPSTREAM_UNAUTHENTICATED']);
    expect(answer.errors?.[0]?.extensions?.upstream).toMatchObject({ code: 10009 });
    expect([harness.tokenCalls(), harness.upstreamCalls().length]).toEqual([2, 2]);
  });

  it.each([
    [10302, 'left; configure another', 'the user for whom the plugin acts has left'],
    [10001, 'and of the user named by LARK_USER_KEY', 'check the permissions of the plugin.'],
    [10404, 'and that LARK_USER_KEY may see it', 'check that the plugin is installed in the project.'],
    [20042, 'LARK_USER_KEY names no user it knows', 'expects the key of an acting user; configure LARK_USER_KEY'],
    [10023, 'LARK_USER_KEY names no user it knows', 'expects the key of an acting user; configure LARK_USER_KEY'],
    [1000051743, 'LARK_USER_KEY names no user it knows', 'expects the key of an acting user; configure LARK_USER_KEY'],
    [10204, 'check LARK_PLUGIN_ID and LARK_PLUGIN_SECRET', 'check LARK_PLUGIN_ID and LARK_PLUGIN_SECRET'],
  ])('%i names the setting to check: with LARK_USER_KEY %j, without it %j', async (errCode, withUserKey, without) => {
    for (const [userKey, words] of [
      ['7000000000000000001', withUserKey],
      [undefined, without],
    ]) {
      const harness = await gatewayWithSandbox({ gateway: { userKey } });
      answerQueries(harness, () => errorReply(400, errCode));
      const [error] = (await harness.query('{ user(key: "1") { key } }')).errors ?? [];
      expect(error?.extensions?.code).toBe('UPSTREAM_FORBIDDEN');
      expect(error?.message).toContain(words);
    }
  });

  it.each([404, 200])('30006 without data on HTTP %i is "not found" all the same', async (status) => {
    const harness = await gatewayWithSandbox();
    answerQueries(harness, () => withoutData(errorReply(status, 30006)));
    expect(await harness.query('{ user(key: "1") { key } }')).toEqual({ data: { user: null } });
  });

  it('10429 without data on HTTP 200 is a pause for everyone', async () => {
    const harness = await gatewayWithSandbox(IMPATIENT);
    answerQueries(harness, () => withoutData(errorReply(200, 10429, { 'Retry-After': '3' })));
    const { errors } = await harness.query('{ user(key: "1") { key } }');
    expect(errors?.[0]?.extensions?.retryAfterMs).toBe(3000);
    expect(codesByPath(await harness.query('{ user(key: "2") { key } }'))).toEqual(['user: UPSTREAM_RATE_LIMITED']);
    expect(harness.upstreamCalls()).toHaveLength(1);
  });

  it('carries the log id that vendor support asks for, from the header first', async () => {
    const harness = await gatewayWithSandbox(IMPATIENT);
    const logIdWith = async (headers: Record<string, string>) => {
      answerQueries(harness, () => errorReply(401, 10301, headers));
      return (await harness.query('{ user(key: "1") { key } }')).errors?.[0]?.extensions?.upstream?.logId;
    };
    expect(await logIdWith({ 'X-Tt-Logid': 'FROM-HEADER' })).toBe('FROM-HEADER');
  });

  it.each([
    ['seconds', '3', 3000],
    ['nothing', undefined, 1000],
  ])('10429 with Retry-After in %s tells when to come back', async (_, retryAfter, ms) => {
    const harness = await gatewayWithSandbox(IMPATIENT);
    answerQueries(harness, () => errorReply(429, 10429, retryAfter === undefined ? {} : { 'Retry-After': retryAfter }));
    const { errors } = await harness.query('{ user(key: "1") { key } }');
    expect(errors?.[0]?.extensions?.retryAfterMs).toBe(ms);
  });

  it.each([20004, 20005, 10430])('%i is our own mistake, and is logged as one', async (errCode) => {
    const logged: string[] = [];
    const harness = await gatewayWithSandbox({ gateway: { log: faultsTo((fault) => logged.push(fault)) } });
    answerQueries(harness, () => errorReply(400, errCode));
    await harness.query('{ user(key: "1") { key } }');
    expect(logged).toEqual([expect.stringMatching(`rejects a malformed call.*"errCode":${errCode},"logId":"`)]);
  });

  it('spoils the look-ups of its own call only', async () => {
    const harness = await gatewayWithSandbox(IMPATIENT);
    harness.sandbox.setFault((call, answer) => ('emails' in (call.body as object) ? errorReply(401, 10301) : answer()));
    const answer = await harness.query(
      '{ user(key: "7000000000000000001") { nameEn } usersByEmail(emails: ["a@b.c"]) { key } }',
    );
    expect(answer.data).toEqual({ user: { nameEn: 'Zhang San' }, usersByEmail: [null] });
    expect(codesByPath(answer)).toEqual(['usersByEmail.0: UPSTREAM_FORBIDDEN']);
  });
});
