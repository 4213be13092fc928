import { generateKeyPair, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { askerOf, bearer, issuerOfTokens } from '../../support/callers.ts';
import { gatewayWithSandbox } from '../../support/gateway-with-sandbox.ts';
import { keptLog } from '../../support/kept-log.ts';

const ONE = '{ user(key: "7000000000000000001") { nameEn } }';
const now = () => Math.floor(Date.now() / 1_000);

async function gatewayForTokens(options = {}, issuerHas: Parameters<typeof issuerOfTokens>[0] = {}) {
  const issuer = await issuerOfTokens(issuerHas);
  const { log, entries } = keptLog('info');
  const { gateway, upstreamCalls } = await gatewayWithSandbox({
    gateway: { auth: { ...issuer.auth, ...options }, log },
  });
  const troubles = () => entries.filter(({ message }) => message !== 'request');
  return { ...issuer, ask: askerOf(gateway), upstreamCalls, troubles };
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
    const { status, headers, answer } = await ask(ONE, bearer(await sign(claims as never)));
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

  it('says that it cannot tell while the keys cannot be fetched, and asks again', async () => {
    const { ask, sign, state } = await gatewayForTokens();
    state.isDown = true;
    const { status, answer } = await ask(ONE, bearer(await sign()));
    expect({ status, code: answer.errors[0].extensions.code }).toEqual({
      status: 503,
      code: 'AUTHENTICATION_UNAVAILABLE',
    });
    state.isDown = false;
    expect((await ask(ONE, bearer(await sign()))).status).toBe(200);
  });

  it('tells the operator what to check while the keys cannot be fetched, once, and when they are again', async () => {
    const { ask, sign, state, troubles } = await gatewayForTokens();
    state.isDown = true;
    for (let asked = 0; asked < 3; asked++) await ask(ONE, bearer(await sign()));
    await ask(ONE, bearer('nonsense'));
    const begins = {
      level: 'warn',
      message:
        'The keys that tokens are checked with cannot be fetched. Check JWT_JWKS_URL, and that this machine reaches it.',
      fields: { outcome: 'AUTHENTICATION_UNAVAILABLE', status: 503, failures: 1, durationMs: 0 },
    };
    expect(troubles()).toEqual([begins]);
    state.isDown = false;
    await ask(ONE, bearer(await sign()));
    const message = 'The keys that tokens are checked with are fetched again.';
    expect(troubles()).toEqual([
      begins,
      { level: 'info', message, fields: { failures: 3, durationMs: expect.any(Number) } },
    ]);
  });
});
