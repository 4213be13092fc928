import { generateKeyPair, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { askerOf, bearer, issuerOfTokens } from '../../support/callers.ts';
import { faultsTo, gatewayWithSandbox } from '../../support/gateway-with-sandbox.ts';

const ONE = '{ user(key: "7000000000000000001") { nameEn } }';
const now = () => Math.floor(Date.now() / 1_000);

async function gatewayForTokens(options = {}) {
  const issuer = await issuerOfTokens();
  const faults: string[] = [];
  const { gateway, upstreamCalls } = await gatewayWithSandbox({
    gateway: { auth: { ...issuer.auth, ...options }, log: faultsTo((fault) => faults.push(fault)) },
  });
  return { ...issuer, ask: askerOf(gateway), upstreamCalls, faults };
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

  it('says that it cannot tell while the keys cannot be fetched, logs why, and asks again', async () => {
    const { ask, sign, state, faults } = await gatewayForTokens();
    state.isDown = true;
    const { status, answer } = await ask(ONE, bearer(await sign()));
    expect({ status, code: answer.errors[0].extensions.code }).toEqual({
      status: 503,
      code: 'AUTHENTICATION_UNAVAILABLE',
    });
    expect(faults).toHaveLength(1);
    state.isDown = false;
    expect((await ask(ONE, bearer(await sign()))).status).toBe(200);
  });
});
