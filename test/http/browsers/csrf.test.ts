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
  it.each([
    ['a GET', () => new Request(GET)],
    ['a form', () => postOf('application/x-www-form-urlencoded', form)],
    ['JSON called plain text', () => postOf('text/plain', json)],
    ['JSON called plain text, with a parameter', () => postOf('Text/Plain; charset=utf-8', json)],
    ['a form with files', () => postOf('multipart/form-data; boundary=x', json)],
    ['a body of no type', () => postOf(undefined, json)],
  ])('are refused before they are read: %s', async (_, request) => {
    const { gateway, upstreamCalls } = await gatewayWithSandbox();
    await gateway.whenReady;
    const response = await gateway.fetch(request());
    expect(response.status).toBe(403);
    expect(await response.json()).toEqual({
      errors: [
        { message: expect.stringContaining('"content-type: application/json"'), extensions: { code: 'FORBIDDEN' } },
      ],
    });
    expect(upstreamCalls()).toEqual([]);
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
