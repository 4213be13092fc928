import { connect } from 'node:net';
import { LRUCache } from 'lru-cache';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ForgetChannel } from '../../src/directory/forget.ts';
import type { UserIdentifier } from '../../src/directory/identifiers.ts';
import { close, createServer, listen } from '../../src/http/server.ts';
import { apiKeyOf, bearer, gatewayForKeys, issuerOfTokens } from '../support/callers.ts';
import { gatewayForCallers, LI_SI, one, ZHANG_SAN } from '../support/callers-with-tokens.ts';
import { forgetAt } from '../support/forget.ts';
import { gatewayWithSandbox } from '../support/gateway-with-sandbox.ts';
import { keptLog } from '../support/kept-log.ts';

const EMAIL = 'zhangsan@example.com';
const BY_EMAIL = `{ usersByEmail(emails: ["${EMAIL}"]) { key outId } }`;
const DONE = { forgotten: true, entries: 1, replicas: 1 };

describe('POST /forget', () => {
  it('has a person looked up anew, whichever of their identifiers it names', async () => {
    const { gateway, query, upstreamCalls } = await gatewayWithSandbox();
    const { data } = await query<{ usersByEmail: { outId: string }[] }>(BY_EMAIL);
    const outId = data?.usersByEmail[0]?.outId;
    for (const body of [{ key: ZHANG_SAN }, { email: EMAIL }, { email: EMAIL.toUpperCase() }, { outId }]) {
      const before = upstreamCalls().length;
      expect(await forgetAt(gateway, body)).toMatchObject({ status: 200, answer: DONE });
      // It asks the user API nothing.
      expect(upstreamCalls()).toHaveLength(before);
      for (let n = 0; n < 2; n++) await query(BY_EMAIL);
      expect(upstreamCalls()).toHaveLength(before + 1);
    }
  });

  it('may be repeated, and answers the same of somebody whom nobody knows', async () => {
    const { gateway, query } = await gatewayWithSandbox();
    await query(one(ZHANG_SAN));
    await forgetAt(gateway, { key: ZHANG_SAN });
    const nothing = { status: 200, answer: { forgotten: true, entries: 0, replicas: 1 } };
    expect(await forgetAt(gateway, { key: ZHANG_SAN })).toMatchObject(nothing);
    expect(await forgetAt(gateway, { key: 'nobody' })).toMatchObject(nothing);
  });

  it('says the same of people in memory and of nobodies in memory', async () => {
    const { gateway, query } = await gatewayWithSandbox();
    await query('{ usersByEmail(emails: ["zhangsan@example.com", "nobody@example.com"]) { key } }');
    expect((await forgetAt(gateway, { email: 'nobody@example.com' })).answer).toEqual(DONE);
    expect((await forgetAt(gateway, { email: EMAIL })).answer).toEqual(DONE);
  });

  it('forgets them for all callers with tokens of their own, and wants no such token itself', async () => {
    const { gateway, askAs, newToken, asked } = await gatewayForCallers();
    const [alice, bob] = [newToken(ZHANG_SAN), newToken(LI_SI)];
    for (const token of [alice, bob]) await askAs(token, one(ZHANG_SAN));
    expect((await forgetAt(gateway, { key: ZHANG_SAN })).answer).toEqual({ ...DONE, entries: 2 });
    for (const token of [alice, bob]) await askAs(token, one(ZHANG_SAN));
    expect(asked().map(({ token }) => token)).toEqual([alice, bob, alice, bob]);
  });

  it.each([
    ['is not JSON', '{"key": '],
    ['is empty', ''],
    ['names nobody', {}],
    ['names two', { key: '1', email: 'a@example.com' }],
    ['names a tenant without an address', { key: '1', tenantKey: 't' }],
    ['has a key as a JSON number', `{"key": ${ZHANG_SAN}}`],
    ['is a list', [{ key: '1' }]],
    ['has something else in it', { key: '1', other: true }],
    ['is not UTF-8', new Uint8Array([0x7b, 0xff, 0x7d])],
  ])('is refused where its body %s', async (_, body) => {
    const { gateway } = await gatewayWithSandbox();
    const { status, answer } = await forgetAt(gateway, body);
    expect([status, answer.errors[0].extensions.code]).toEqual([400, 'BAD_USER_INPUT']);
    expect(answer.errors[0].message).toContain('Expected JSON with one of "key", "outId" and "email"');
  });

  it('checks an identifier as a look-up does', async () => {
    const { gateway } = await gatewayWithSandbox();
    const { status, answer } = await forgetAt(gateway, { email: 'zhangsan' });
    expect(status).toBe(400);
    expect(answer.errors[0]).toMatchObject({
      message: 'Expected an e-mail address such as name@example.com, got a text with no @.',
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });

  it.each(['GET', 'HEAD', 'PUT', 'DELETE'])('is for POST only: %s is a 405', async (method) => {
    const { gateway } = await gatewayWithSandbox();
    const response = await gateway.fetch(new Request('http://gateway.test/forget', { method }));
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('is at this path only', async () => {
    const { gateway, query, upstreamCalls } = await gatewayWithSandbox();
    await query(one(ZHANG_SAN));
    for (const path of ['/forget/', '/graphql/forget', '/forget2']) {
      const init = {
        method: 'POST',
        body: JSON.stringify({ key: ZHANG_SAN }),
        headers: { 'content-type': 'application/json' },
      };
      expect((await gateway.fetch(new Request(`http://gateway.test${path}`, init))).status).not.toBe(200);
    }
    await query(one(ZHANG_SAN));
    expect(upstreamCalls()).toHaveLength(1);
  });

  it('reads at most 4 KB, whether or not it is told how much comes', async () => {
    const { gateway } = await gatewayWithSandbox();
    const server = createServer(gateway);
    onTestFinished(() => close(server, 0));
    const { port } = new URL(await listen(server, { host: '127.0.0.1', port: 0, portSetting: 'PORT' }));
    const long = JSON.stringify({ key: 'x'.repeat(5_000) });
    const announced = `content-length: ${long.length}\r\n\r\n${long}`;
    // Never ends: whoever waited for all of it would wait for ever.
    const inPieces = `transfer-encoding: chunked\r\n\r\n${long.length.toString(16)}\r\n${long}\r\n`;
    for (const rest of [announced, inPieces]) {
      const socket = connect(Number(port), '127.0.0.1');
      let reply = '';
      socket.setEncoding('utf8').on('data', (text: string) => {
        reply += text;
      });
      socket.on('error', () => {});
      onTestFinished(() => void socket.destroy());
      socket.write(`POST /forget HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${rest}`);
      await expect.poll(() => reply).toContain('at most 4096 bytes');
      expect(reply).toContain('HTTP/1.1 413');
      expect(reply.toLowerCase()).toContain('connection: close');
    }
  });

  it('says to browsers and caches that its answer is data', async () => {
    const { gateway } = await gatewayWithSandbox();
    for (const body of [{ key: '1' }, {}]) {
      const { headers } = await forgetAt(gateway, body);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-type')).toContain('application/json');
    }
  });
});

describe('who may have people forgotten', () => {
  const keys = [
    apiKeyOf('without', { scopes: ['email:read', 'cache:refresh'] }),
    apiKeyOf('with', { scopes: ['cache:forget'], tenantKeys: ['t1'] }),
  ];

  it('with API keys needs the scope cache:forget', async () => {
    const { gateway, ask, upstreamCalls } = await gatewayForKeys(keys);
    await ask(one(ZHANG_SAN), bearer('without'));
    const stranger = await forgetAt(gateway, { key: ZHANG_SAN });
    expect([stranger.status, stranger.answer.errors[0].extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
    const refused = await forgetAt(gateway, { key: ZHANG_SAN }, bearer('without'));
    expect([refused.status, refused.answer.errors[0].extensions.code]).toEqual([403, 'FORBIDDEN']);
    expect(refused.headers.get('www-authenticate')).toContain('scope="cache:forget"');
    await ask(one(ZHANG_SAN), bearer('without'));
    expect(upstreamCalls()).toHaveLength(1);
    expect((await forgetAt(gateway, { key: ZHANG_SAN }, bearer('with'))).answer).toEqual(DONE);
  });

  it('with tokens, too', async () => {
    const { auth, sign } = await issuerOfTokens();
    const { gateway } = await gatewayWithSandbox({ gateway: { auth } });
    const statusOf = async (scope: string) =>
      (await forgetAt(gateway, { key: '1' }, bearer(await sign({ scope })))).status;
    expect([await statusOf('openid cache:forget'), await statusOf('openid cache:refresh')]).toEqual([200, 403]);
  });

  it('names the tenants of its credential only', async () => {
    const { gateway } = await gatewayForKeys(keys);
    const statusOf = async (tenantKey: string) =>
      (await forgetAt(gateway, { email: EMAIL, tenantKey }, bearer('with'))).status;
    expect([await statusOf('t1'), await statusOf('t2')]).toEqual([200, 403]);
  });

  it('with EMAIL_NEEDS_SCOPE needs email:read beside it to name an e-mail address: the number of entries shows whose it is', async () => {
    const { gateway, ask, upstreamCalls } = await gatewayForKeys(
      [apiKeyOf('forget', { scopes: ['cache:forget'] }), apiKeyOf('both', { scopes: ['cache:forget', 'email:read'] })],
      { emailNeedsScope: true },
    );
    await ask(BY_EMAIL, bearer('both'));
    const refused = await Promise.all(
      [EMAIL, 'nobody@example.com', 'no address'].map((email) => forgetAt(gateway, { email }, bearer('forget'))),
    );
    for (const { status, headers, answer } of refused) {
      expect([status, answer.errors[0].extensions.code]).toEqual([403, 'FORBIDDEN']);
      expect(headers.get('www-authenticate')).toContain('scope="cache:forget email:read"');
      expect(answer).toEqual(refused[0]?.answer);
    }
    expect((await forgetAt(gateway, { outId: 'on_1' }, bearer('forget'))).status).toBe(200);
    await ask(BY_EMAIL, bearer('both'));
    expect(upstreamCalls()).toHaveLength(1);
    expect((await forgetAt(gateway, { email: EMAIL }, bearer('both'))).answer).toEqual(DONE);
  });

  it('with tokens, too: email:read is a scope of the token', async () => {
    const { auth, sign } = await issuerOfTokens();
    const { gateway } = await gatewayWithSandbox({ gateway: { auth, emailNeedsScope: true } });
    const statusOf = async (scope: string) =>
      (await forgetAt(gateway, { email: EMAIL }, bearer(await sign({ scope })))).status;
    expect([await statusOf('cache:forget email:read'), await statusOf('cache:forget')]).toEqual([200, 403]);
  });

  it('counts against the identifiers per minute of its caller, one each; over them it is RATE_LIMITED', async () => {
    const { gateway, ask } = await gatewayForKeys(
      [apiKeyOf('a', { scopes: ['cache:forget'] }), apiKeyOf('b', { name: 'batch', scopes: ['cache:forget'] })],
      { identifiersPerMinute: 3 },
    );
    expect((await ask(one(ZHANG_SAN), bearer('a'))).status).toBe(200);
    for (const body of [{ key: ZHANG_SAN }, { email: EMAIL }]) {
      expect((await forgetAt(gateway, body, bearer('a'))).status).toBe(200);
    }
    await ask(one(ZHANG_SAN), bearer('b'));
    const { status, headers, answer } = await forgetAt(gateway, { key: ZHANG_SAN }, bearer('a'));
    const { code, retryAfterMs } = answer.errors[0].extensions;
    expect([status, code]).toEqual([429, 'RATE_LIMITED']);
    expect(Number(headers.get('retry-after'))).toBe(Math.ceil(retryAfterMs / 1_000));
    expect((await ask(one(ZHANG_SAN), bearer('a'))).status).toBe(429);
    // Nothing was forgotten by what was refused.
    expect((await forgetAt(gateway, { key: ZHANG_SAN }, bearer('b'))).answer).toEqual(DONE);
  });

  it('counts nothing for a malformed request, or one for a tenant that its caller may not name', async () => {
    const { gateway } = await gatewayForKeys(keys, { identifiersPerMinute: 1 });
    const statusOf = async (body: unknown) => (await forgetAt(gateway, body, bearer('with'))).status;
    expect(await statusOf({})).toBe(400);
    expect(await statusOf({ email: EMAIL, tenantKey: 't2' })).toBe(403);
    expect([await statusOf({ key: '1' }), await statusOf({ key: '1' })]).toEqual([200, 429]);
  });

  it('without AUTH is whoever asks for a name of this machine', async () => {
    const { gateway } = await gatewayWithSandbox({ gateway: { auth: { kind: 'none' } } });
    const statusOf = async (host: string) =>
      (
        await gateway.fetch(
          new Request(`http://${host}/forget`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: '{"key":"1"}',
          }),
        )
      ).status;
    expect([await statusOf('localhost'), await statusOf('gateway.test')]).toEqual([200, 403]);
  });

  it.each([
    ['a form', 'application/x-www-form-urlencoded', 'key=1'],
    ['a form with files', 'multipart/form-data; boundary=x', '{"key":"1"}'],
    ['plain text', 'text/plain', '{"key":"1"}'],
    ['nothing that it calls by a type', '', '{"key":"1"}'],
    ['what only begins like JSON', 'application/jsonp', '{"key":"1"}'],
  ])('is no page of another site: it can send %s only, which is refused', async (_, type, body) => {
    const { gateway, query, upstreamCalls } = await gatewayWithSandbox({ gateway: { csrfPrevention: false } });
    await query(one(ZHANG_SAN));
    const headers = { 'content-type': type, 'x-graphql-yoga-csrf': '1' };
    expect((await forgetAt(gateway, body.replace('1', ZHANG_SAN), headers)).status).toBe(415);
    await query(one(ZHANG_SAN));
    expect(upstreamCalls()).toHaveLength(1);
  });
});

/** Gateways that tell each other whom to forget. */
function channels(count: number): ForgetChannel[] {
  const listeners: ((names: readonly UserIdentifier[]) => void)[] = [];
  return Array.from({ length: count }, (_, own) => ({
    listen: (onForget) => {
      listeners[own] = onForget;
    },
    publish: async (names) => {
      const sent = JSON.parse(JSON.stringify(names));
      for (const [at, onForget] of listeners.entries()) if (at !== own) onForget(sent);
      return { replicas: count - 1 };
    },
  }));
}

describe('where several processes remember people', () => {
  it('forgets them in all, under all names that the first one knows', async () => {
    const [own, other] = channels(2);
    const first = await gatewayWithSandbox({ gateway: { forgetChannel: own } });
    const second = await gatewayWithSandbox({ gateway: { forgetChannel: other } });
    await first.query(BY_EMAIL);
    for (let n = 0; n < 2; n++) await second.query(one(ZHANG_SAN));
    expect(second.upstreamCalls()).toHaveLength(1);
    expect((await forgetAt(first.gateway, { email: EMAIL })).answer).toEqual({ ...DONE, replicas: 2 });
    await second.query(one(ZHANG_SAN));
    expect(second.upstreamCalls()).toHaveLength(2);
  });

  it('does not claim that it has where the others cannot be told: FORGET_INCOMPLETE, and forgotten here', async () => {
    const published: (readonly UserIdentifier[])[] = [];
    const { log, entries } = keptLog();
    const { gateway, query, upstreamCalls } = await gatewayWithSandbox({
      gateway: {
        log,
        forgetChannel: {
          listen() {},
          publish: (names) => {
            published.push(names);
            return published.length === 1
              ? Promise.reject(new Error('secret words'))
              : Promise.resolve({ replicas: 3 });
          },
        },
      },
    });
    await query(BY_EMAIL);
    const { status, answer } = await forgetAt(gateway, { key: ZHANG_SAN });
    expect([status, answer.errors[0].extensions.code]).toEqual([503, 'FORGET_INCOMPLETE']);
    expect(JSON.stringify([answer, entries])).not.toContain('secret words');
    await query(one(LI_SI));
    // Who asks again means the same person, though nothing is left of them here.
    expect((await forgetAt(gateway, { key: ZHANG_SAN })).answer).toEqual({ forgotten: true, entries: 0, replicas: 4 });
    expect(new Set(published[1]?.map(({ identifier }) => identifier))).toEqual(
      new Set(published[0]?.map(({ identifier }) => identifier)),
    );
    expect(published[0]?.length).toBe(3);
    await query(one(ZHANG_SAN));
    expect(upstreamCalls()).toHaveLength(3);
  });

  it('ignores what another process calls a name, and is none', async () => {
    const [own, other] = channels(2);
    const { query, upstreamCalls } = await gatewayWithSandbox({ gateway: { forgetChannel: own } });
    await query(one(ZHANG_SAN));
    await other?.publish([
      { kind: 'email', identifier: 'none' },
      { kind: 'nickname', identifier: 'x' } as never,
      {} as never,
      null as never,
      { kind: 'key', identifier: ZHANG_SAN },
    ]);
    await query(one(ZHANG_SAN));
    expect(upstreamCalls()).toHaveLength(2);
  });
});

it('a request to forget has its line in the log, without whom', async () => {
  const { log, lines, entries } = keptLog('trace');
  const { gateway } = await gatewayWithSandbox({
    gateway: { log, auth: { kind: 'api-key', keys: [apiKeyOf('k', { scopes: ['cache:forget'] })] } },
  });
  await forgetAt(gateway, { key: ZHANG_SAN }, bearer('k'));
  expect(lines('request')[0]?.fields).toMatchObject({
    endpoint: 'forget',
    method: 'POST',
    status: 200,
    outcome: 'OK',
    caller: 'frontend',
  });
  expect(JSON.stringify(entries)).not.toContain(ZHANG_SAN);
});

it('a fault while somebody is forgotten is told without its words, and logged without them', async () => {
  const { log, entries } = keptLog('trace');
  const { gateway } = await gatewayWithSandbox({ gateway: { log } });
  gateway.directory.forget = () => {
    throw new TypeError(`secret ${ZHANG_SAN}`);
  };
  const { status, answer } = await forgetAt(gateway, { key: ZHANG_SAN });
  expect([status, answer.errors[0].extensions.code]).toEqual([500, 'INTERNAL_SERVER_ERROR']);
  expect(JSON.stringify([answer, entries])).not.toContain(ZHANG_SAN);
  expect(entries.filter(({ level }) => level === 'error')).toHaveLength(1);
});

it('drops the documents that are kept, since clients write into them whom they ask for', async () => {
  const { gateway, query } = await gatewayWithSandbox();
  await query(one(ZHANG_SAN));
  const clear = vi.spyOn(LRUCache.prototype, 'clear').mockImplementation(function (this: LRUCache<string, object>) {
    dropped.push(...this.keys());
  });
  const dropped: string[] = [];
  await forgetAt(gateway, { key: LI_SI });
  clear.mockRestore();
  expect(dropped).toEqual([one(ZHANG_SAN)]);
});
