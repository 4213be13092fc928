import { once } from 'node:events';
import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { close, createServer, listen } from '../../../src/http/server.ts';
import { apiKeyOf, gatewayForKeys } from '../../support/callers.ts';
import { gatewayWithSandbox } from '../../support/gateway-with-sandbox.ts';

const graphiql = { key: '1', email: 'a@b.c', outId: 'on_1' };

/** A gateway with GraphiQL. `open` asks for its page, as a browser does. */
async function gatewayWithPage(corsOrigins: string[] = []) {
  const { gateway } = await gatewayWithSandbox({ gateway: { graphiql, corsOrigins } });
  const open = (headers: Record<string, string> = {}, init: RequestInit = {}) =>
    gateway.fetch(
      new Request('http://gateway.test/graphql', { ...init, headers: { accept: 'text/html,*/*;q=0.8', ...headers } }),
    );
  return { gateway, open };
}

describe("GraphiQL's page", () => {
  it('takes less than 3 MB on its way to a browser, and is the same page', async () => {
    const { open } = await gatewayWithPage();
    const response = await open({ 'accept-encoding': 'gzip, deflate, br' });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    const sent = Buffer.from(await response.arrayBuffer());
    expect(sent.length).toBeLessThan(3_000_000);
    expect(gunzipSync(sent).toString()).toBe(await (await open()).text());
  });

  it.each(['', 'br', 'gzip;q=0', 'identity, gzip; q=0.0'])('is not compressed for %o', async (encoding) => {
    const { open } = await gatewayWithPage();
    const response = await open({ 'accept-encoding': encoding });
    expect(response.headers.has('content-encoding')).toBe(false);
    expect(await response.text()).toContain('<title>Lark users</title>');
  });

  it('is kept by the browser, which asks whether it is still the same', async () => {
    const { open } = await gatewayWithPage(['https://app.example.com']);
    const first = await open();
    expect(first.headers.get('cache-control')).toBe('no-cache');
    expect(first.headers.get('vary')).toBe('accept, accept-encoding, origin');
    const etag = first.headers.get('etag') ?? '';
    for (const known of [etag, etag.replace('W/', ''), `"another", ${etag}`]) {
      const again = await open({ 'if-none-match': known });
      expect(again.status).toBe(304);
      expect(await again.text()).toBe('');
      // The browser would go by the policy of answers that are no page.
      expect(again.headers.get('content-security-policy')).toBe(first.headers.get('content-security-policy'));
    }
    expect((await open({ 'if-none-match': '"another"' })).status).toBe(200);
  });

  it.each([
    ['a POST', { method: 'POST' }],
    ['a HEAD', { method: 'HEAD' }],
    ['who wants JSON', { headers: { accept: 'application/json' } }],
  ])('is not for %s', async (_, init) => {
    const { gateway } = await gatewayWithPage();
    const response = await gateway.fetch(
      new Request('http://gateway.test/graphql', { headers: { accept: 'text/html' }, ...init }),
    );
    expect(response.headers.get('content-type') ?? '').not.toContain('text/html');
  });

  it('is shown to people without a credential: it tells them where to put one', async () => {
    const { gateway } = await gatewayForKeys([apiKeyOf('k')], { graphiql });
    const headers = { accept: 'text/html' };
    expect((await gateway.fetch(new Request('http://gateway.test/graphql', { headers }))).status).toBe(200);
  });

  it('takes no memory for those who ask and do not read', async () => {
    const { gateway, open } = await gatewayWithPage();
    const server = createServer(gateway);
    onTestFinished(() => close(server, 0));
    const url = await listen(server, { host: '127.0.0.1', port: 0, portSetting: 'PORT' });
    await open();
    const before = process.memoryUsage.rss();
    const answers = Array.from({ length: 30 }, async () => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      socket.write('GET /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n');
      await once(socket, 'readable');
    });
    await Promise.all(answers);
    expect(process.memoryUsage.rss() - before).toBeLessThan(100e6);
  });
});
