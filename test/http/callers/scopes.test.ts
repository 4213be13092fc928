import { describe, expect, it } from 'vitest';
import { apiKeyOf, askerOf, bearer, gatewayForKeys, issuerOfTokens } from '../../support/callers.ts';
import { codesByPath, gatewayWithSandbox } from '../../support/gateway-with-sandbox.ts';

const EMAILS = `{
  user(key: "7000000000000000001") { nameEn email }
  usersByEmail(emails: ["lisi@example.com", "nobody@example.com"]) { key }
}`;

describe('the scope email:read', () => {
  const keys = [apiKeyOf('without'), apiKeyOf('with', { scopes: ['email:read'] })];

  it('is not needed by default', async () => {
    const { ask } = await gatewayForKeys(keys);
    const { answer } = await ask(EMAILS, bearer('without'));
    expect(answer.data).toEqual({
      user: { nameEn: 'Zhang San', email: 'zhangsan@example.com' },
      usersByEmail: [{ key: '7000000000000000002' }, null],
    });
  });

  it('is needed with EMAIL_NEEDS_SCOPE: without it addresses, and look-ups by them, are FORBIDDEN, each at its path', async () => {
    const { ask, upstreamCalls } = await gatewayForKeys(keys, { emailNeedsScope: true });
    const { status, answer } = await ask(EMAILS, bearer('without'));
    expect(status).toBe(200);
    expect(answer.data).toEqual({ user: { nameEn: 'Zhang San', email: null }, usersByEmail: [null, null] });
    expect(codesByPath(answer)).toEqual([
      'user.email: FORBIDDEN',
      'usersByEmail.0: FORBIDDEN',
      'usersByEmail.1: FORBIDDEN',
    ]);
    // Nobody learns whose address it is from how long the answer takes, either.
    expect(upstreamCalls()).toEqual([{ user_keys: ['7000000000000000001'] }]);
  });

  it('keeps sign-in names that are addresses, too, also where they stand in for a name', async () => {
    const person = { user_key: '7000000000000000001', username: 'zhang@example.com', email: 'zhangsan@example.com' };
    const { gateway, sandbox } = await gatewayWithSandbox({
      gateway: { auth: { kind: 'api-key', keys }, emailNeedsScope: true },
    });
    const query = '{ user(key: "7000000000000000001") { username name } }';
    const ask = askerOf(gateway);
    sandbox.setFault((call, answer) =>
      call.interface === 'user_query'
        ? { status: 200, body: JSON.stringify({ data: [person], err_code: 0 }) }
        : answer(),
    );
    expect((await ask(query, bearer('without'))).answer).toEqual({ data: { user: { username: null, name: null } } });
    expect((await ask(query, bearer('with'))).answer).toEqual({
      data: { user: { username: 'zhang@example.com', name: 'zhang@example.com' } },
    });
  });

  it('opens them again', async () => {
    const { ask } = await gatewayForKeys(keys, { emailNeedsScope: true });
    const { answer } = await ask(EMAILS, bearer('with'));
    expect(answer.errors).toBeUndefined();
    expect(answer.data.user.email).toBe('zhangsan@example.com');
  });

  it.each([
    ['scope', 'openid email:read'],
    ['scp', ['email:read']],
    ['scp', 'email:read'],
  ])('is read from the claim %s of a token, as %o', async (claim, value) => {
    const { auth, sign } = await issuerOfTokens();
    const { gateway } = await gatewayWithSandbox({ gateway: { auth, emailNeedsScope: true } });
    const ask = askerOf(gateway);
    const email = '{ user(key: "7000000000000000001") { email } }';
    const [with_, without] = [await sign({ [claim]: value }), await sign()];
    expect((await ask(email, bearer(with_))).answer).toEqual({ data: { user: { email: 'zhangsan@example.com' } } });
    expect(codesByPath((await ask(email, bearer(without))).answer)).toEqual(['user.email: FORBIDDEN']);
  });
});

describe('the scope cache:refresh', () => {
  const FRESH = { 'x-lookup-cache': 'refresh' };
  const ONE = '{ user(key: "7000000000000000001") { nameEn } }';

  it('lets a caller ask for fresh people; without it such a request is refused with 403', async () => {
    const { ask, upstreamCalls } = await gatewayForKeys([
      apiKeyOf('without'),
      apiKeyOf('with', { scopes: ['cache:refresh'] }),
    ]);
    const refused = await ask(ONE, { ...bearer('without'), ...FRESH });
    expect({ status: refused.status, code: refused.answer.errors[0].extensions.code }).toEqual({
      status: 403,
      code: 'FORBIDDEN',
    });
    expect(refused.headers.get('www-authenticate')).toContain('insufficient_scope');
    for (let n = 0; n < 2; n++) expect((await ask(ONE, { ...bearer('with'), ...FRESH })).status).toBe(200);
    expect(upstreamCalls()).toHaveLength(2);
  });

  it('is not needed with AUTH=none', async () => {
    const { gateway, upstreamCalls } = await gatewayWithSandbox();
    for (let n = 0; n < 2; n++) expect((await askerOf(gateway)(ONE, FRESH)).status).toBe(200);
    expect(upstreamCalls()).toHaveLength(2);
  });
});
