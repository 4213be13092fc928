import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Gateway } from '../../../src/gateway.ts';
import { apiKeyOf, bearer, gatewayForKeys } from '../../support/callers.ts';
import { gatewayWithSandbox } from '../../support/gateway-with-sandbox.ts';
import { productionDefaults } from '../../support/production.ts';

const SCHEMA = readFileSync(join(import.meta.dirname, '../../../schema.graphql'), 'utf8');
const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const graphiql = { key: '1', email: 'a@b.c', outId: 'on_1' };

const get = (gateway: Gateway, path: string, headers: Record<string, string> = {}) =>
  gateway.fetch(new Request(`http://gateway.test${path}`, { headers }));
const home = async (gateway: Gateway) => (await get(gateway, '/', BROWSER)).text();
const linksOf = (html: string) => [...html.matchAll(/<a href="([^"]+)"/g)].map(([, path]) => path);

describe('the page at /', () => {
  it('says whether people are made up or real', async () => {
    const { gateway: sandboxed } = await gatewayWithSandbox({ gateway: { people: 'made-up' } });
    expect(await home(sandboxed)).toContain('Made-up people.');
    const { gateway: real } = await gatewayWithSandbox();
    expect(await home(real)).toContain('Real people.');
  });

  it('links to GraphiQL only where there is one', async () => {
    const { gateway } = await gatewayWithSandbox();
    expect(linksOf(await home(gateway))).toEqual(['/schema.graphql', '/health', '/readiness']);
    const { gateway: open } = await gatewayWithSandbox({ gateway: { graphiql } });
    expect(linksOf(await home(open))).toEqual(['/graphql', '/schema.graphql', '/health', '/readiness']);
  });

  it('runs no script, and takes its styles from itself only', async () => {
    const { gateway } = await gatewayWithSandbox();
    const response = await get(gateway, '/', BROWSER);
    const html = await response.text();
    expect(html).not.toContain('<script');
    const style = /<style>([\s\S]*)<\/style>/.exec(html)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    const policy = response.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`style-src 'sha256-${hash}'`);
    expect(policy).not.toMatch(/script-src|unsafe|https?:/);
  });

  it('is for browsers at this address only; programs get a 404, as anywhere', async () => {
    const { gateway } = await gatewayWithSandbox();
    const answers = [
      await get(gateway, '/', { accept: '*/*' }),
      await get(gateway, '/index.html', BROWSER),
      await gateway.fetch(new Request('http://gateway.test/', { method: 'POST', headers: BROWSER })),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
  });

  it('in production says what this is and how it is, and nothing else', async () => {
    const { gateway } = await gatewayForKeys([apiKeyOf('k')], productionDefaults());
    const html = await home(gateway);
    expect(html).toContain('GraphQL in front of the user API');
    expect(html).not.toMatch(/people\./);
    expect(html).not.toContain('schema.graphql');
    expect(linksOf(html)).toEqual(['/health', '/readiness']);
  });

  it('is shown to people without a credential, and tells them that the schema needs one', async () => {
    const { gateway } = await gatewayForKeys([apiKeyOf('k')], { graphiql });
    const html = await home(gateway);
    expect(html).toContain('<code>GET /schema.graphql</code> with your credential');
    expect(linksOf(html)).toEqual(['/graphql', '/health', '/readiness']);
  });
});

describe('/schema.graphql', () => {
  it('is the schema of the package, to be kept as a file', async () => {
    const { gateway } = await gatewayWithSandbox();
    const response = await get(gateway, '/schema.graphql');
    expect(await response.text()).toBe(SCHEMA);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="schema.graphql"');
  });

  it('is for those who may ask, like introspection', async () => {
    const { gateway } = await gatewayForKeys([apiKeyOf('k')]);
    expect((await get(gateway, '/schema.graphql')).status).toBe(401);
    expect((await get(gateway, '/schema.graphql', bearer('k'))).status).toBe(200);
  });

  it('needs no user access token, since it is about nobody', async () => {
    const { gateway } = await gatewayWithSandbox({ gateway: { identity: 'caller' } });
    expect((await get(gateway, '/schema.graphql')).status).toBe(200);
  });

  it.each(['/schema.graphql', '/schema.federation.graphql'])('%s is a 404 with INTROSPECTION off', async (path) => {
    const { gateway } = await gatewayWithSandbox({ gateway: { introspection: false } });
    expect((await get(gateway, path)).status).toBe(404);
  });
});
