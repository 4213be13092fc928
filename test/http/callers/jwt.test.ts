import { CompactSign, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { askerOf, bearer, issuerOfTokens, OLD_KEYS_MS, STALE_KEYS_MS } from '../../support/callers.ts';
import { gatewayWithSandbox } from '../../support/gateway-with-sandbox.ts';
import { keptLog } from '../../support/kept-log.ts';

const ONE = '{ user(key: "7000000000000000001") { nameEn } }';
const now = () => Math.floor(Date.now() / 1_000);

async function gatewayForTokens(options = {}, issuerHas: Parameters<typeof issuerOfTokens>[0] = {}) {
  const issuer = await issuerOfTokens(issuerHas);
  const { log, entries } = keptLog('info');
  const clock = { now: 0 };
  const { gateway, upstreamCalls } = await gatewayWithSandbox({
    gateway: { auth: { ...issuer.auth, ...options }, log, clock: () => clock.now },
  });
  const troubles = () => entries.filter(({ message }) => message !== 'request');
  return { ...issuer, ask: askerOf(gateway), upstreamCalls, troubles, clock };
}

describe('AUTH=jwt', () => {
  it('answers whoever sends a token of the issuer, whose keys are fetched once', async () => {
    const { ask, sign, state } = await gatewayForTokens();
    const answers = await Promise.all([0, 1, 2].map(async () => ask(ONE, bearer(await sign()))));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers[0]?.answer).toEqual({ data: { user: { nameEn: 'Zhang San' } } });
    expect(state.requests).toBe(1);
  });

  it.each([
    ['has ended', { exp: now() - 60 }],
    ['has no end', { exp: undefined }],
    ['is not valid yet', { nbf: now() + 60 }],
    ['is of another issuer', { iss: 'https://other.test' }],
    ['is for another audience', { aud: 'other' }],
    ['names nobody', { sub: undefined }],
  ])('refuses a token that %s', async (_, claims) => {
    const { ask, sign, upstreamCalls } = await gatewayForTokens();
    const { status, headers, answer } = await ask(ONE, bearer(await sign(claims)));
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toContain('Bearer');
    expect(answer.errors[0].extensions).toEqual({ code: 'UNAUTHENTICATED' });
    expect(upstreamCalls()).toEqual([]);
  });

  it('refuses a token signed with another key, with none, or with the public key as a shared secret', async () => {
    const { ask, sign } = await gatewayForTokens();
    const [head = '', body = '', signature = ''] = (await sign()).split('.');
    const { privateKey } = await generateKeyPair('ES256');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
    const foreign = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(privateKey);
    const shared = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .sign(Buffer.from(head.repeat(3)));
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`;
    const changed = `${head}.${Buffer.from(JSON.stringify({ ...claims, sub: 'admin' })).toString('base64url')}.${signature}`;
    for (const token of [foreign, shared, unsigned, changed, 'nonsense']) {
      expect((await ask(ONE, bearer(token))).status).toBe(401);
    }
  });

  it('takes only signatures of the list', async () => {
    const { ask, sign } = await gatewayForTokens({ algorithms: ['RS256'] });
    expect((await ask(ONE, bearer(await sign()))).status).toBe(401);
  });

  it('tolerates clocks that differ a little', async () => {
    const { ask, sign } = await gatewayForTokens({ clockToleranceSeconds: 30 });
    expect((await ask(ONE, bearer(await sign({ exp: now() - 10 })))).status).toBe(200);
  });

  it('finds the key of a token that does not name it, also while the issuer changes its keys', async () => {
    const { ask, sign } = await gatewayForTokens({}, { hasOldKey: true });
    expect((await ask(ONE, bearer(await sign({}, { kid: undefined })))).status).toBe(200);
    expect((await ask(ONE, bearer(await sign({ aud: 'other' }, { kid: undefined })))).status).toBe(401);
    const { sign: signElsewhere } = await issuerOfTokens();
    expect((await ask(ONE, bearer(await signElsewhere({}, { kid: undefined })))).status).toBe(401);
  });

  it('without cached keys refuses with AUTHENTICATION_UNAVAILABLE and Retry-After while the JWKS cannot be fetched', async () => {
    const { ask, sign, state, clock } = await gatewayForTokens();
    state.isDown = true;
    const { status, headers, answer } = await ask(ONE, bearer(await sign()));
    expect({ status, extensions: answer.errors[0].extensions }).toEqual({
      status: 503,
      extensions: { code: 'AUTHENTICATION_UNAVAILABLE', retryAfterMs: 10_000 },
    });
    expect(headers.get('retry-after')).toBe('10');
    state.isDown = false;
    clock.now += 10_000;
    expect((await ask(ONE, bearer(await sign()))).status).toBe(200);
  });

  it('reports to the operator that keys cannot be fetched, once, and that they are fetched again', async () => {
    const { ask, sign, state, troubles, clock } = await gatewayForTokens();
    state.isDown = true;
    for (let asked = 0; asked < 3; asked++) {
      clock.now = asked * 10_000;
      await ask(ONE, bearer(await sign()));
    }
    await ask(ONE, bearer('nonsense'));
    const begins = {
      level: 'warn',
      message: 'The JWKS cannot be fetched. Check JWT_JWKS_URL and that this machine reaches it.',
      fields: { outcome: 'AUTHENTICATION_UNAVAILABLE', status: 503, failures: 1, durationMs: 0 },
    };
    expect(troubles()).toEqual([begins]);
    state.isDown = false;
    clock.now = 30_000;
    await ask(ONE, bearer(await sign()));
    const message = 'The JWKS is fetched again.';
    expect(troubles()).toEqual([begins, { level: 'info', message, fields: { failures: 3, durationMs: 30_000 } }]);
  });
});

describe('the JWKS of AUTH=jwt', () => {
  const withKeys = async () => {
    const harness = await gatewayForTokens();
    const statusOf = async (...token: Parameters<typeof harness.sign>) =>
      (await harness.ask(ONE, bearer(await harness.sign(...token)))).status;
    expect(await statusOf()).toBe(200);
    harness.state.requests = 0;
    return { ...harness, statusOf };
  };

  it.each([
    ['answers 503', { isDown: true }],
    ['is no JWKS', { published: { keys: 'none' } }],
    ['is no object', { published: 'maintenance' }],
  ])('is used for a day while its address %s', async (_, trouble) => {
    const { statusOf, state, clock } = await withKeys();
    Object.assign(state, trouble);
    for (const hours of [0.2, 1, 12, 23.9]) {
      clock.now = hours * 60 * 60_000;
      expect(await statusOf()).toBe(200);
    }
    clock.now = STALE_KEYS_MS;
    expect(await statusOf()).toBe(503);
  });

  it('is used for a day while its address accepts no connection', async () => {
    const { statusOf, close, clock } = await withKeys();
    close();
    clock.now = OLD_KEYS_MS;
    expect(await statusOf()).toBe(200);
  });

  it('is fetched at most six times a minute while that fails, however many tokens come', async () => {
    const { statusOf, state, clock } = await withKeys();
    state.isDown = true;
    for (const start of [OLD_KEYS_MS, STALE_KEYS_MS]) {
      state.requests = 0;
      for (let second = 0; second < 60; second++) {
        clock.now = start + second * 1_000;
        await Promise.all([statusOf(), statusOf({}, { kid: `unknown-${second}` }), statusOf({ sub: 'other' })]);
      }
      expect(state.requests).toBeGreaterThan(1);
      expect(state.requests).toBeLessThanOrEqual(6);
    }
  });

  it('is fetched at most six times a minute for tokens that name an unknown kid, which are UNAUTHENTICATED', async () => {
    const { statusOf, state, clock } = await withKeys();
    for (let second = 1; second <= 60; second++) {
      clock.now = second * 1_000;
      const unknown = [0, 1, 2].map((n) => statusOf({}, { kid: `unknown-${second}-${n}` }));
      expect(await Promise.all([...unknown, statusOf()])).toEqual([401, 401, 401, 200]);
    }
    expect(state.requests).toBe(6);
  });

  it('is fetched again for a kid that is not in it: the issuer may have changed its keys', async () => {
    const { ask, sign, state, clock } = await gatewayForTokens();
    state.published = { keys: [] };
    expect((await ask(ONE, bearer(await sign()))).status).toBe(401);
    state.published = undefined;
    clock.now = 10_000;
    expect((await ask(ONE, bearer(await sign()))).status).toBe(200);
  });

  it('may hold a new key by now: a token with an unknown kid is AUTHENTICATION_UNAVAILABLE while it cannot be fetched', async () => {
    const { statusOf, state, clock } = await withKeys();
    state.isDown = true;
    clock.now = OLD_KEYS_MS;
    expect(await statusOf({}, { kid: 'k2' })).toBe(503);
    expect(await statusOf()).toBe(200);
  });

  it('decides within ten minutes: a token of a key that was removed is UNAUTHENTICATED', async () => {
    const { statusOf, state, clock } = await withKeys();
    state.published = { keys: [] };
    clock.now = 10 * 60_000;
    expect(await statusOf()).toBe(401);
  });

  it('decides within ten minutes also once it can be fetched again', async () => {
    const { statusOf, state, clock } = await withKeys();
    state.isDown = true;
    clock.now = OLD_KEYS_MS;
    expect(await statusOf()).toBe(200);
    state.isDown = false;
    state.published = { keys: [] };
    clock.now += 10 * 60_000;
    expect(await statusOf()).toBe(401);
  });

  it('is not waited for where the last fetch failed', async () => {
    const { statusOf, state, clock } = await withKeys();
    state.isDown = true;
    clock.now = OLD_KEYS_MS;
    expect(await statusOf()).toBe(200);
    let release = () => {};
    state.onRequest = () =>
      new Promise<void>((resolve) => {
        release = resolve;
      });
    clock.now += 10_000;
    expect(await statusOf()).toBe(200);
    await expect.poll(() => state.requests).toBe(2);
    release();
  });

  it('that holds a key which cannot be used refuses its tokens only', async () => {
    const { ask, sign, state, keys } = await gatewayForTokens();
    const good = { ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
    state.published = { keys: [{ ...good, kid: 'k2', x: 'AAAA' }, good] };
    expect((await ask(ONE, bearer(await sign()))).status).toBe(200);
    const { status, answer } = await ask(ONE, bearer(await sign({}, { kid: 'k2' })));
    expect({ status, code: answer.errors[0].extensions.code }).toEqual({
      status: 503,
      code: 'AUTHENTICATION_UNAVAILABLE',
    });
  });
});

describe('a token is refused', () => {
  const YEARS = 366 * 24 * 60 * 60;

  it.each([
    ['sub', null],
    ['sub', {}],
    ['sub', ['person-1']],
    ['sub', 7],
    ['sub', true],
    ['sub', ''],
    ['sub', ' '],
    ['exp', String(now() + 60)],
    ['exp', null],
    ['exp', [now() + 60]],
    ['exp', -1],
    ['exp', 1e308],
    // In milliseconds.
    ['exp', Date.now() + 60_000],
    ['exp', now() + 11 * YEARS],
    ['nbf', String(now())],
    ['nbf', null],
    ['nbf', -1e308],
    ['nbf', 1e308],
    ['iat', String(now())],
    ['iat', null],
    ['iat', -1],
    ['iat', 1e308],
    ['iat', Date.now()],
    ['aud', null],
    ['aud', {}],
    ['aud', { 'lark-users': true }],
    ['aud', []],
    ['aud', ['lark-users', {}]],
    ['aud', [['lark-users']]],
    ['iss', ['https://issuer.test']],
    ['scope', {}],
    ['scope', 1],
    ['scope', ['cache:refresh', {}]],
    ['scp', { 'cache:refresh': true }],
    ['scp', true],
  ])('whose %s is %j', async (claim, value) => {
    const { ask, sign, upstreamCalls } = await gatewayForTokens();
    const { status, answer } = await ask(ONE, bearer(await sign({ [claim]: value })));
    expect({ status, code: answer.errors[0].extensions.code }).toEqual({ status: 401, code: 'UNAUTHENTICATED' });
    expect(upstreamCalls()).toEqual([]);
  });

  it.each(['exp', 'iat', 'nbf'])(
    'whose %s is a number that JSON can write and JavaScript reads as Infinity',
    async (claim) => {
      const { ask, keys } = await gatewayForTokens();
      const claims = { iss: 'https://issuer.test', aud: 'lark-users', sub: 'person-1', exp: now() + 60, [claim]: 1 };
      const text = JSON.stringify(claims).replace(`"${claim}":1`, `"${claim}":1e999`);
      const token = await new CompactSign(Buffer.from(text))
        .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
        .sign(keys.privateKey);
      expect((await ask(ONE, bearer(token))).status).toBe(401);
    },
  );

  it('whose alg is HS256, signed with the public key as the secret in any of its forms', async () => {
    const { ask, keys, sign } = await gatewayForTokens();
    const [, body = ''] = (await sign()).split('.');
    const jwk = await exportJWK(keys.publicKey);
    const forms = [await exportSPKI(keys.publicKey), JSON.stringify(jwk), `${jwk.x}${jwk.y}`];
    for (const secret of forms) {
      const token = await new CompactSign(Buffer.from(body, 'base64url'))
        .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
        .sign(Buffer.from(secret));
      expect((await ask(ONE, bearer(token))).status).toBe(401);
    }
  });

  it.each([
    ['brings its own key as jwk', async (key: JWK) => ({ jwk: key })],
    ['names its own JWKS as jku', async () => ({ jku: 'https://evil.example/jwks.json' })],
    ['has a critical header that is not understood', async () => ({ crit: ['admin'], admin: true })],
  ])('that %s', async (_, headerOf) => {
    const { ask, sign } = await gatewayForTokens();
    const [, body = ''] = (await sign()).split('.');
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const header = { alg: 'ES256', kid: 'k1', ...(await headerOf(await exportJWK(publicKey))) };
    const head = Buffer.from(JSON.stringify(header)).toString('base64url');
    const input = Buffer.from(`${head}.${body}`);
    const signature = Buffer.from(
      await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, input),
    ).toString('base64url');
    expect((await ask(ONE, bearer(`${head}.${body}.${signature}`))).status).toBe(401);
  });
});

it.each([
  ['a list as aud', { aud: ['other', 'lark-users'] }],
  ['no scope', { scope: null, scp: null }],
  ['times with fractions', { iat: now() - 0.5, nbf: now() - 0.5, exp: now() + 60.5 }],
  ['a subject of 2,048 characters', { sub: 's'.repeat(2_048) }],
  ['ten years left', { exp: now() + 10 * 365 * 24 * 60 * 60 }],
])('a token with %s is answered', async (_, claims) => {
  const { ask, sign } = await gatewayForTokens();
  expect((await ask(ONE, bearer(await sign(claims)))).status).toBe(200);
});
