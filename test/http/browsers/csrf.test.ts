import { describe, expect, it } from 'vitest';
import { gatewayWithSandbox } from '../../support/gateway-with-sandbox.ts';

const QUERY = '{ user(key: "7000000000000000001") { nameEn } }';
const GET = `http://gateway.test/graphql?query=${encodeURIComponent(QUERY)}`;
const postOf = (type: string | undefined, body: string, headers: Record<string, string> = {}) =>
  new Request('http://gateway.test/graphql', {
    method: 'POST',
    body: new TextEncoder().encode(body),
    headers: { ...(type !== undefined && { 'content-type': type }), ...headers },
  });
const form = `query=${encodeURIComponent(QUERY)}`;
const json = JSON.stringify({ query: QUERY });

describe('requests that a page of any site could send unasked', () => {
  const JSON_BUT = 'Expected "content-type: application/json", got';
  it.each([
    [
      'a GET',
      () => new Request(GET),
      'Expected a POST, or a GET with a header that a page of another site cannot set, got a GET without. Send a POST (urql: `preferGetMethod: false`), or the header "x-graphql-yoga-csrf: 1".',
    ],
    [
      'a form',
      () => postOf('application/x-www-form-urlencoded', form),
      `${JSON_BUT} a form. Send JSON, or the header "x-graphql-yoga-csrf: 1".`,
    ],
    ['JSON called plain text', () => postOf('text/plain', json), `${JSON_BUT} text/plain. Send it as JSON.`],
    [
      'JSON called plain text, with a parameter',
      () => postOf('Text/Plain; charset=utf-8', json),
      `${JSON_BUT} text/plain. Send it as JSON.`,
    ],
    [
      'a form with files',
      () => postOf('multipart/form-data; boundary=x', json),
      `${JSON_BUT} multipart/form-data. Send JSON: files cannot be uploaded here.`,
    ],
    ['a body of no type', () => postOf(undefined, json), `${JSON_BUT} none. Send it as JSON.`],
  ])('are refused before they are read, with what to send instead: %s', async (_, request, message) => {
    const { gateway, upstreamCalls } = await gatewayWithSandbox();
    await gateway.whenReady;
    const response = await gateway.fetch(request());
    expect(response.status).toBe(403);
    expect(await response.json()).toEqual({ errors: [{ message, extensions: { code: 'FORBIDDEN' } }] });
    expect(upstreamCalls()).toEqual([]);
  });

  it.each(['HEAD', 'PUT', 'PATCH', 'DELETE'])('are no %s: that is a 405 with the methods there are', async (method) => {
    const { gateway, upstreamCalls } = await gatewayWithSandbox();
    const response = await gateway.fetch(new Request(GET, { method }));
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST']);
    expect(upstreamCalls()).toEqual([]);
  });

  it('a message repeats nothing of what came', async () => {
    const { gateway } = await gatewayWithSandbox();
    const response = await gateway.fetch(postOf('text/plain; name="zhangsan@example.com"', json));
    expect(await response.text()).not.toContain('zhangsan');
  });

  it.each(['x-graphql-yoga-csrf', 'apollo-require-preflight', 'x-apollo-operation-name', 'x-lookup-receipt'])(
    'are answered with the header %s, for which a browser asks first',
    async (name) => {
      const { gateway } = await gatewayWithSandbox();
      const response = await gateway.fetch(new Request(GET, { headers: { [name]: 'true' } }));
      expect(await response.json()).toMatchObject({ data: { user: { nameEn: 'Zhang San' } } });
    },
  );

  it('are answered with a credential that browsers do not add by themselves, and with no other', async () => {
    const { gateway } = await gatewayWithSandbox();
    const statusWith = async (authorization: string) =>
      (await gateway.fetch(new Request(GET, { headers: { authorization } }))).status;
    expect(await statusWith('Bearer x')).toBe(200);
    expect(await statusWith('Basic dTpw')).toBe(403);
    expect(await statusWith('Negotiate x')).toBe(403);
  });

  it('are answered as they are with CSRF_PREVENTION=false', async () => {
    const { gateway } = await gatewayWithSandbox({ gateway: { csrfPrevention: false } });
    expect(await (await gateway.fetch(new Request(GET))).json()).toEqual({ data: { user: { nameEn: 'Zhang San' } } });
  });

  it('JSON is answered as it is', async () => {
    const { gateway } = await gatewayWithSandbox();
    const response = await gateway.fetch(postOf('application/json; charset=utf-8', json));
    expect(await response.json()).toEqual({ data: { user: { nameEn: 'Zhang San' } } });
  });
});
