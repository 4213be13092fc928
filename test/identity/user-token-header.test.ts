import { describe, expect, it, onTestFinished } from 'vitest';
import { createGateway } from '../../src/gateway.ts';
import { apiKeyOf, bearer, issuerOfTokens } from '../support/callers.ts';
import { gatewayForCallers, LI_SI, one, ZHANG_SAN } from '../support/callers-with-tokens.ts';
import { gatewayWithSandbox, post } from '../support/gateway-with-sandbox.ts';

const FOUND = { data: { user: { key: ZHANG_SAN } } };
const tokenHeader = (token: string) => ({ 'x-lark-user-token': token });

describe('the identity caller', () => {
  it('asks the user API with the token that the request brings, and gets none of its own', async () => {
    const { askAs, newToken, asked, tokenCalls } = await gatewayForCallers();
    const token = newToken();
    expect(await askAs(token, one(ZHANG_SAN))).toEqual(FOUND);
    expect(asked()).toEqual([{ token, keys: [ZHANG_SAN] }]);
    expect(tokenCalls()).toBe(0);
  });

  it('is ready at once, also where the user API is not there', async () => {
    const gateway = createGateway({ baseUrl: 'http://127.0.0.1:9', identity: 'caller' });
    onTestFinished(() => gateway.dispose());
    expect(gateway.readiness()).toEqual({ isReady: true, upstream: { status: 'unknown' } });
    expect(await gateway.whenReady).toBe(true);
    gateway.beginShutdown();
    expect(gateway.readiness().isReady).toBe(false);
  });

  it('sends no X-USER-KEY: the token identifies its user', async () => {
    const { askAs, newToken, sandbox } = await gatewayForCallers({ gateway: { userKey: LI_SI } });
    await askAs(newToken(), one(ZHANG_SAN));
    expect(sandbox.calls().map(({ userKey }) => userKey)).toEqual([undefined]);
  });

  it.each([
    ['no token', {}, 'send a user access token in the header x-lark-user-token'],
    ['an empty token', tokenHeader(''), 'send a user access token in the header x-lark-user-token'],
    ['a token with a space', tokenHeader('u-1 u-2'), 'got something else'],
    ['two tokens', tokenHeader('u-1, u-2'), 'got something else'],
    ['a token with letters that no header can hold', tokenHeader('u-\u00e9'), 'got something else'],
    ['a token of 4,097 characters', tokenHeader('u'.repeat(4_097)), 'got something else'],
  ])('refuses %s with 401 and UNAUTHENTICATED, and asks nobody', async (_, headers, words) => {
    const { send, sandbox } = await gatewayForCallers();
    const response = await send(one(ZHANG_SAN), headers);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('LarkUserToken header="x-lark-user-token"');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({
      errors: [{ message: expect.stringContaining(words), extensions: { code: 'UNAUTHENTICATED' } }],
    });
    expect(sandbox.calls()).toEqual([]);
  });

  it('takes a token of 4,096 characters', async () => {
    const { send } = await gatewayForCallers();
    expect((await send('{ __typename }', tokenHeader('u'.repeat(4_096)))).status).toBe(200);
  });

  it('refuses before it reads: also what is no GraphQL', async () => {
    const { gateway } = await gatewayForCallers();
    const nonsense = new Request('http://gateway.test/graphql', { method: 'POST', body: 'nonsense' });
    expect((await gateway.fetch(nonsense)).status).toBe(401);
  });

  it.each(['/health', '/readiness'])('leaves %s open', async (path) => {
    const { gateway } = await gatewayForCallers();
    expect((await gateway.fetch(new Request(`http://gateway.test${path}`))).status).toBe(200);
  });

  it("serves GraphiQL's page without a token", async () => {
    const examples = { key: ZHANG_SAN, email: 'a@example.com', outId: 'on_1' };
    const { gateway } = await gatewayForCallers({ gateway: { graphiql: examples } });
    const page = await gateway.fetch(new Request('http://gateway.test/graphql', { headers: { accept: 'text/html' } }));
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
  });

  it('wants an API key beside the token where AUTH is api-key, which is looked at first', async () => {
    const auth = { kind: 'api-key', keys: [apiKeyOf('open-sesame')] } as const;
    const { send, newToken } = await gatewayForCallers({ gateway: { auth } });
    const [key, token] = [bearer('open-sesame'), tokenHeader(newToken())];
    const challengeOf = async (headers: Record<string, string>) =>
      (await send(one(ZHANG_SAN), headers)).headers.get('www-authenticate');
    expect(await challengeOf({})).toMatch(/^Bearer/);
    expect(await challengeOf(token)).toMatch(/^Bearer/);
    expect(await challengeOf(key)).toMatch(/^LarkUserToken/);
    expect(await (await send(one(ZHANG_SAN), { ...key, ...token })).json()).toEqual(FOUND);
  });

  it('wants a token of the issuer beside the token where AUTH is jwt', async () => {
    const issuer = await issuerOfTokens();
    const { send, newToken } = await gatewayForCallers({ gateway: { auth: issuer.auth } });
    const [own, token] = [bearer(await issuer.sign()), tokenHeader(newToken())];
    expect((await send(one(ZHANG_SAN), token)).status).toBe(401);
    expect((await send(one(ZHANG_SAN), own)).status).toBe(401);
    expect(await (await send(one(ZHANG_SAN), { ...own, ...token })).json()).toEqual(FOUND);
  });

  it('counts identifiers for each caller of the gateway, whichever tokens they bring', async () => {
    const auth = { kind: 'api-key', keys: [apiKeyOf('open-sesame')] } as const;
    const { askAs, newToken } = await gatewayForCallers({ gateway: { auth, identifiersPerMinute: 1 } });
    expect(await askAs(newToken(), one(ZHANG_SAN), bearer('open-sesame'))).toEqual(FOUND);
    const { errors } = await askAs(newToken(LI_SI), one(ZHANG_SAN), bearer('open-sesame'));
    expect(errors?.[0]?.extensions?.code).toBe('RATE_LIMITED');
  });

  it('asks for programs too with the token that they name, and refuses them without one', async () => {
    const { gateway, newToken, asked } = await gatewayForCallers();
    const userToken = newToken();
    const lookup = (more: object) => gateway.directory.lookup({ kind: 'key', identifiers: [ZHANG_SAN], ...more });
    expect(await lookup({ userToken })).toEqual([expect.objectContaining({ key: ZHANG_SAN })]);
    expect(await lookup({ userToken: 'u-1\r\nx-evil: 1' })).toEqual([
      expect.objectContaining({ code: 'UNAUTHENTICATED' }),
    ]);
    expect(await lookup({})).toEqual([expect.objectContaining({ code: 'UNAUTHENTICATED' })]);
    expect(asked()).toEqual([{ token: userToken, keys: [ZHANG_SAN] }]);
  });
});

describe('the identity plugin', () => {
  it("ignores the header, and asks with the plugin's token", async () => {
    const { gateway, sandbox } = await gatewayWithSandbox();
    const token = sandbox.userAccessToken(ZHANG_SAN);
    const answer = await (await post(gateway, { query: one(ZHANG_SAN) }, tokenHeader(token))).json();
    expect(answer).toEqual(FOUND);
    expect(sandbox.calls().filter((call) => call.token === token)).toEqual([]);
  });

  it('needs the credential of a plugin', async () => {
    await expect(gatewayWithSandbox({ gateway: { pluginSecret: undefined } })).rejects.toThrow(
      'Expected pluginId and pluginSecret, or the identity "caller".',
    );
  });
});
