import { describe, expect, it } from 'vitest';
import { apiKeyOf, gatewayForKeys } from '../../support/callers.ts';
import { gatewayWithSandbox, post } from '../../support/gateway-with-sandbox.ts';

const shown = ({ headers }: Response) => Object.fromEntries(headers);
const ON_EVERY_ANSWER = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};
const get = (path: string, headers = {}) => new Request(`http://gateway.test${path}`, { headers });

describe('headers of answers', () => {
  it('say that they are data, for whoever asked only', async () => {
    const { gateway } = await gatewayWithSandbox();
    const answers = [
      await post(gateway, { query: '{ __typename }' }),
      await post(gateway, 'no GraphQL'),
      await gateway.fetch(get('/graphql')),
      await gateway.fetch(get('/health')),
      await gateway.fetch(get('/readiness')),
      await gateway.fetch(get('/nowhere')),
    ];
    for (const answer of answers) expect(shown(answer)).toMatchObject(ON_EVERY_ANSWER);
    const { gateway: closed } = await gatewayForKeys([apiKeyOf('k')]);
    expect(shown(await post(closed, { query: '{ __typename }' }))).toMatchObject(ON_EVERY_ANSWER);
    const { gateway: ofThisMachine } = await gatewayWithSandbox({ gateway: { auth: { kind: 'none' } } });
    expect(shown(await ofThisMachine.fetch(get('/graphql')))).toMatchObject(ON_EVERY_ANSWER);
  });

  it('name no product and no instance', async () => {
    const { gateway } = await gatewayWithSandbox();
    for (const answer of [await post(gateway, { query: '{ __typename }' }), await gateway.fetch(get('/health'))]) {
      const names = [...answer.headers.keys()];
      expect(names).not.toContain('server');
      expect(names).not.toContain('x-powered-by');
      expect(names).not.toContain('x-yoga-id');
    }
  });

  it("let GraphiQL's page run its own scripts only, and talk to this host only", async () => {
    const { gateway } = await gatewayWithSandbox({
      gateway: { graphiql: { key: '1', email: 'a@b.c', outId: 'on_1' } },
    });
    const page = await gateway.fetch(get('/graphql', { accept: 'text/html' }));
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/script-src 'sha256-[\w+/=]+'/);
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
  });
});
