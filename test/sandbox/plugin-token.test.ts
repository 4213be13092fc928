import { describe, expect, it } from 'vitest';
import { FIRST, openSandbox, stoppedClock } from './sandbox-client.ts';

const CREDENTIALS = { plugin_id: 'MII_SANDBOX', plugin_secret: 'sandbox-secret', type: 0 };
const ASK = { user_keys: [FIRST] };

describe('The plugin_token interface', () => {
  it('answers a token and its lifetime in seconds, in an envelope of its own', async () => {
    const { requestToken } = await openSandbox({ tokenLifetimeSeconds: 600 });
    const { status, headers, json } = await requestToken(CREDENTIALS);
    expect(status).toBe(200);
    expect(headers.get('x-tt-logid')).toBeTruthy();
    expect(json).toEqual({
      data: { token: expect.stringMatching(/^p-[0-9a-f-]{36}$/), expire_time: 600 },
      error: { code: 0, msg: 'success' },
    });
  });

  it('answers a token of type 0 where the request has no type', async () => {
    const person = { user_key: '1', collaborator: false };
    const { requestToken, queryWith } = await openSandbox({ people: [person] });
    const { json } = await requestToken({ ...CREDENTIALS, type: undefined });
    expect(json.error.code).toBe(0);
    expect((await queryWith(json.data.token, { user_keys: ['1'] })).json.err_code).toBe(0);
  });

  it('takes the operator’s own plugin id and secret', async () => {
    const { requestToken } = await openSandbox({ pluginId: 'MII_1', pluginSecret: 'other' });
    expect((await requestToken({ plugin_id: 'MII_1', plugin_secret: 'other', type: 0 })).json.error.code).toBe(0);
    expect((await requestToken(CREDENTIALS)).json.error.code).not.toBe(0);
  });

  it('gives every caller another token', async () => {
    const { newToken } = await openSandbox();
    expect(await newToken()).not.toBe(await newToken());
  });

  for (const [what, change] of Object.entries({
    'a wrong secret': { plugin_secret: 'guess' },
    'a wrong id': { plugin_id: 'MII_OTHER' },
    'a missing secret': { plugin_secret: undefined },
    'an unknown type': { type: 2 },
    'a type in quotes': { type: '0' },
    'a type of null': { type: null },
  })) {
    it(`refuses ${what} with an error.code other than 0 on HTTP 200`, async () => {
      const { requestToken } = await openSandbox();
      const { status, json } = await requestToken({ ...CREDENTIALS, ...change });
      expect(status).toBe(200);
      expect(json.data).toEqual({});
      expect(json.error.code).toBeGreaterThan(0);
    });
  }

  it('refuses bodies that are no JSON object', async () => {
    const { requestToken } = await openSandbox();
    expect((await requestToken('{')).status).toBe(400);
    expect((await requestToken('null')).json.error.code).toBeGreaterThan(0);
    expect((await requestToken('"text"')).json.error.code).toBeGreaterThan(0);
  });
});

describe('A token', () => {
  it('is good until the millisecond its lifetime ends, then refused with 10022', async () => {
    const { now, advance } = stoppedClock();
    const { queryWith, newToken } = await openSandbox({ now, tokenLifetimeSeconds: 60 });
    const token = await newToken();
    advance(59_999);
    expect((await queryWith(token, ASK)).status).toBe(200);
    advance(1);
    const late = await queryWith(token, ASK);
    expect([late.status, late.json.err_code]).toEqual([401, 10022]);
    expect((await queryWith(await newToken(), ASK)).status).toBe(200);
  });

  it('is refused once expireTokens was called, a newer one is not', async () => {
    const { sandbox, queryWith, newToken } = await openSandbox();
    const old = await newToken();
    sandbox.expireTokens();
    expect((await queryWith(old, ASK)).json.err_code).toBe(10022);
    expect((await queryWith(await newToken(), ASK)).json.err_code).toBe(0);
  });
});
