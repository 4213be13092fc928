import { describe, expect, it } from 'vitest';
import { gatewayWithSandbox, post, UNASKED } from '../support/gateway-with-sandbox.ts';
import { keptLog } from '../support/kept-log.ts';
import { type Asked, listening, posted } from '../support/listening.ts';

const KEY = '7000000000000000001';
const QUERY = { query: `{ user(key: "${KEY}") { key } }` };
const ANSWER = { data: { user: { key: KEY } } };

describe('a content type is the same', () => {
  it.each([
    'APPLICATION/JSON',
    'Application/Json; charset=utf-8',
    'application/json ; charset=utf-8',
    'Application/GraphQL+JSON',
  ])('as %s', async (type) => {
    const { gateway, send } = await listening({});
    const headers = { host: 'localhost', 'content-type': type };
    for (let n = 0; n < 2; n++) {
      expect(JSON.parse(String((await send(posted(QUERY, headers))).body))).toEqual(ANSWER);
      const asked = { method: 'POST', headers, body: JSON.stringify(QUERY) };
      expect(await (await gateway.fetch(new Request('http://localhost/graphql', asked))).json()).toEqual(ANSWER);
    }
  });

  it('of forms, too', async () => {
    const { send } = await listening({});
    const headers = { 'content-type': 'Application/X-WWW-Form-Urlencoded', ...UNASKED };
    const asked: Asked = { ...posted({}, headers), body: String(new URLSearchParams(QUERY)) };
    expect(JSON.parse(String((await send(asked)).body))).toEqual(ANSWER);
  });
});

describe('a client is told what would be right', () => {
  it('where its body is of another type', async () => {
    const { gateway, upstreamCalls } = await gatewayWithSandbox();
    const response = await post(gateway, QUERY, { 'content-type': 'application/xml' });
    const errors = [{ message: 'Expected "content-type: application/json".', extensions: { code: 'BAD_USER_INPUT' } }];
    expect({ status: response.status, ...(await response.json()) }).toEqual({ status: 415, errors });
    expect(upstreamCalls()).toEqual([]);
  });

  it.each(['image/png', 'text/html', 'application/json; charset=latin1', 'x'])(
    'where it accepts nothing that there is, before anybody is looked up: %s',
    async (accept) => {
      const { log, lines } = keptLog('info');
      const { gateway, upstreamCalls } = await gatewayWithSandbox({ gateway: { log } });
      const response = await post(gateway, QUERY, { accept });
      expect({ status: response.status, ...(await response.json()) }).toEqual({
        status: 406,
        errors: [{ message: expect.stringContaining('application/json'), extensions: { code: 'BAD_USER_INPUT' } }],
      });
      expect(upstreamCalls()).toEqual([]);
      expect(lines('request')).toMatchObject([{ fields: { status: 406, outcome: 'BAD_USER_INPUT' } }]);
    },
  );

  it.each(['', '*/*', 'application/*', 'image/png, application/json;q=0.1', 'APPLICATION/JSON'])(
    'and answered where it accepts something that there is: %s',
    async (accept) => {
      const { gateway } = await gatewayWithSandbox();
      expect(await (await post(gateway, QUERY, { accept })).json()).toEqual(ANSWER);
    },
  );
});
