import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../src/http/callers/api-keys.ts';
import { apiKeyOf, bearer, gatewayForKeys, keyNamed } from '../../support/callers.ts';

const ONE = '{ user(key: "7000000000000000001") { nameEn } }';
const KEY = keyNamed('open-sesame');
const FOUND = { data: { user: { nameEn: 'Zhang San' } } };

describe('AUTH=api-key', () => {
  it('answers whoever sends a key that it knows', async () => {
    const { ask } = await gatewayForKeys([apiKeyOf('open sesame'.replace(' ', '-'))]);
    expect(await ask(ONE, bearer('open-sesame'))).toMatchObject({ status: 200, answer: FOUND });
  });

  it('knows several keys at once, so that one can replace another', async () => {
    const { ask } = await gatewayForKeys([apiKeyOf('old-key'), apiKeyOf('new-key')]);
    expect([(await ask(ONE, bearer('old-key'))).status, (await ask(ONE, bearer('new-key'))).status]).toEqual([
      200, 200,
    ]);
  });

  it.each([
    'foo',
    'changeme',
    'lug_foo',
    `lug_${'a'.repeat(42)}`,
    `lug_${'a'.repeat(44)}`,
    `LUG_${'a'.repeat(43)}`,
    `lug_${'a'.repeat(42)}+`,
    'f'.repeat(64),
  ])(
    'accepts only keys as the command api-key makes them: %s is refused although its hash is listed',
    async (credential) => {
      const { ask } = await gatewayForKeys([{ name: 'frontend', sha256: sha256Hex(credential) }]);
      const { status, answer } = await ask(ONE, { authorization: `Bearer ${credential}` });
      expect(status).toBe(401);
      expect(answer).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    },
  );

  it.each([
    ['no header', {}, 'send the header'],
    ['an unknown key', bearer('other'), 'is not one of this gateway'],
    ['the hash of a key in place of the key', bearer(apiKeyOf('open-sesame').sha256), 'is not one of this gateway'],
    ['another scheme', { authorization: 'Basic b3Blbi1zZXNhbWU=' }, 'is not one of this gateway'],
    ['an empty key', { authorization: 'Bearer ' }, 'is not one of this gateway'],
    ['two keys', { authorization: `Bearer ${KEY}, Bearer ${KEY}` }, 'is not one of this gateway'],
  ])('refuses %s with 401, a challenge and UNAUTHENTICATED, and asks nobody', async (_, headers, words) => {
    const { ask, gateway, upstreamCalls } = await gatewayForKeys([apiKeyOf('open-sesame')]);
    await gateway.whenReady;
    const { status, headers: sent, answer } = await ask(ONE, headers);
    expect(status).toBe(401);
    expect(sent.get('www-authenticate')).toBe('Bearer realm="lark-user-gateway"');
    expect(sent.get('cache-control')).toBe('no-store');
    expect(answer).toEqual({
      errors: [{ message: expect.stringContaining(words), extensions: { code: 'UNAUTHENTICATED' } }],
    });
    expect(upstreamCalls()).toEqual([]);
  });

  it('refuses before it reads: also what is no GraphQL, and a query in the address', async () => {
    const { gateway } = await gatewayForKeys([apiKeyOf('open-sesame')]);
    const nonsense = new Request('http://gateway.test/graphql', { method: 'POST', body: 'nonsense' });
    const get = new Request(`http://gateway.test/graphql?query=${encodeURIComponent(ONE)}`);
    expect([(await gateway.fetch(nonsense)).status, (await gateway.fetch(get)).status]).toEqual([401, 401]);
  });

  it.each(['/health', '/readiness'])('leaves %s open', async (path) => {
    const { gateway } = await gatewayForKeys([apiKeyOf('open-sesame')]);
    await gateway.whenReady;
    expect((await gateway.fetch(new Request(`http://gateway.test${path}`))).status).toBe(200);
  });

  it("shows GraphiQL's page to everybody, which cannot ask anything without a key", async () => {
    const examples = { key: '7000000000000000001', email: 'a@example.com', outId: 'on_1' };
    const { gateway } = await gatewayForKeys([apiKeyOf('open-sesame')], { graphiql: examples });
    const page = await gateway.fetch(new Request('http://gateway.test/graphql', { headers: { accept: 'text/html' } }));
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
  });
});
