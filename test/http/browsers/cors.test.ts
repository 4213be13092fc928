import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { close, createServer, listen } from '../../../src/http/server.ts';
import { apiKeyOf, bearer, gatewayForKeys } from '../../support/callers.ts';
import { launchChromium } from '../../support/chromium.ts';
import { gatewayWithSandbox, post } from '../../support/gateway-with-sandbox.ts';

const APP = 'https://app.example.com';
const corsHeaders = ({ headers }: Response) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control')));
const preflight = (origin: string) =>
  new Request('http://gateway.test/graphql', {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
  });

describe('CORS_ORIGINS', () => {
  it('is empty by default: no site may read answers', async () => {
    const { gateway } = await gatewayWithSandbox();
    expect(corsHeaders(await post(gateway, { query: '{ __typename }' }, { origin: APP }))).toEqual({});
    expect(corsHeaders(await gateway.fetch(preflight(APP)))).toEqual({});
  });

  it('lets scripts of the listed sites ask, with the headers that this gateway knows, and without cookies', async () => {
    const { gateway } = await gatewayForKeys([apiKeyOf('k')], { corsOrigins: [APP, 'https://other.example.com'] });
    const allowed = await gateway.fetch(preflight(APP));
    expect(allowed.status).toBe(204);
    expect(corsHeaders(allowed)).toMatchObject({
      'access-control-allow-origin': APP,
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': expect.stringContaining('authorization, content-type'),
    });
    expect(corsHeaders(allowed)).not.toHaveProperty('access-control-allow-credentials');
    expect(allowed.headers.get('vary')).toBe('origin');
  });

  it.each(['https://evil.example', 'null', 'https://app.example.com.evil.example', 'http://app.example.com', ''])(
    'says nothing to another origin: %o',
    async (origin) => {
      const { gateway } = await gatewayWithSandbox({ gateway: { corsOrigins: [APP] } });
      expect(corsHeaders(await gateway.fetch(preflight(origin)))).toEqual({});
      expect(corsHeaders(await post(gateway, { query: '{ __typename }' }, { origin }))).toEqual({});
    },
  );

  it('lets them read why they were refused, too', async () => {
    const { gateway } = await gatewayForKeys([apiKeyOf('k')], { corsOrigins: [APP] });
    const refused = await post(gateway, { query: '{ __typename }' }, { origin: APP });
    expect(refused.status).toBe(401);
    expect(corsHeaders(refused)).toMatchObject({ 'access-control-allow-origin': APP });
  });
});

/** A site of its own: another port is another origin. */
async function site(): Promise<string> {
  const server = createHttpServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>A site</title>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('pages in a browser', () => {
  it('a page of a listed site asks with an API key and reads the answer; a page of another site cannot', async (context) => {
    const browser = await launchChromium(context);
    const [listed, other] = [await site(), await site()];
    const { gateway, upstreamCalls } = await gatewayForKeys([apiKeyOf('open-sesame')], { corsOrigins: [listed] });
    const server = createServer(gateway);
    onTestFinished(() => close(server, 0));
    const url = await listen(server, { host: '127.0.0.1', port: 0, portSetting: 'PORT' });

    const askFrom = async (origin: string) => {
      const page = await browser.newPage();
      await page.goto(origin);
      return page.evaluate(
        async ([target, headers]) => {
          const body = JSON.stringify({ query: '{ user(key: "7000000000000000001") { name } }' });
          try {
            const response = await fetch(target, { method: 'POST', headers, body });
            return await response.json();
          } catch (error) {
            return String(error);
          }
        },
        [`${url}/graphql`, { 'content-type': 'application/json', ...bearer('open-sesame') }] as const,
      );
    };
    expect(await askFrom(listed)).toEqual({ data: { user: { name: '张三' } } });
    expect(await askFrom(other)).toBe('TypeError: Failed to fetch');
    // The browser did not even send it: the answer to its preflight said no.
    expect(upstreamCalls()).toHaveLength(1);
  });
});
