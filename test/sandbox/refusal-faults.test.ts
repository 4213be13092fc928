import { describe, expect, it } from 'vitest';
import type { InterfaceName } from '../../src/sandbox/faults.ts';
import { ERRORS, type ErrorCode } from '../../src/sandbox/reply.ts';
import type { FaultSpec } from '../../src/sandbox/sandbox.ts';
import { FIRST, openSandbox, SECOND } from './sandbox-client.ts';

const ASK = { user_keys: [FIRST] };
const CREDENTIAL = { plugin_id: 'MII_SANDBOX', plugin_secret: 'sandbox-secret', type: 0 };
const CODES = Object.keys(ERRORS).map(Number) as ErrorCode[];

async function ask(spec: FaultSpec, body: unknown = ASK) {
  const { sandbox, newToken, queryWith } = await openSandbox();
  const token = await newToken();
  sandbox.faults.start(spec);
  return queryWith(token, body);
}

async function askForToken(spec: FaultSpec) {
  const { sandbox, requestToken } = await openSandbox();
  sandbox.faults.start(spec);
  return requestToken(CREDENTIAL);
}

describe('The fault error', () => {
  it.each(CODES)('answers %d on its own HTTP status, and on 200 when told so', async (code) => {
    const { status, message } = ERRORS[code];
    const own = await ask({ name: 'error', code });
    expect([own.status, own.json.err_code, own.json.err_msg]).toEqual([status, code, message]);
    expect(own.json.err.log_id).toBe(own.headers.get('x-tt-logid'));
    const on200 = await ask({ name: 'error', code, onHttp200: true });
    expect([on200.status, on200.json.err_code]).toEqual([200, code]);
  });

  it('answers codes that nobody knows', async () => {
    const { status, json } = await ask({ name: 'error', code: 424242 });
    expect([status, json.err_code, json.data]).toEqual([400, 424242, null]);
  });

  it.each<InterfaceName>(['user_query', 'plugin_token'])('leaves out data in %s when told so', async (own) => {
    const spec: FaultSpec = { name: 'error', code: 10301, withoutData: true, interface: own };
    const { status, json } = await (own === 'plugin_token' ? askForToken(spec) : ask(spec));
    expect([status, json.err_code ?? json.error.code, 'data' in json]).toEqual([401, 10301, false]);
  });

  it.each([50006, 424242])('answers %d in the envelope of the token interface, when that is called', async (code) => {
    const { json } = await askForToken({ name: 'error', code, interface: 'plugin_token' });
    expect(json).toMatchObject({ data: {}, error: { code } });
  });
});

describe('The fault rate-limit', () => {
  it.each<[FaultSpec, string | null]>([
    [{ name: 'rate-limit' }, '1'],
    [{ name: 'rate-limit', retryAfter: 3 }, '3'],
    [{ name: 'rate-limit', retryAfter: 'absurd' }, '86400'],
    [{ name: 'rate-limit', retryAfter: 'none' }, null],
  ])('%o answers 429/10429 with Retry-After %s', async (spec, expected) => {
    const { status, json, headers } = await ask(spec);
    expect([status, json.err_code, headers.get('retry-after')]).toEqual([429, 10429, expected]);
  });

  it('writes Retry-After as a date when told so', async () => {
    const { headers } = await ask({ name: 'rate-limit', retryAfter: 3600, as: 'date' });
    const text = headers.get('retry-after') ?? '';
    expect(text).toMatch(/^\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$/);
    const seconds = (Date.parse(text) - Date.parse(headers.get('date') ?? '')) / 1000;
    expect(Math.abs(seconds - 3600)).toBeLessThan(60);
  });
});

describe('The fault poison', () => {
  const POISON: FaultSpec = { name: 'poison', identifiers: [SECOND, 'LiSi@example.com'] };

  it.each<[string, unknown, number, number]>([
    ['fails a whole query that names a poisonous identifier', { user_keys: [FIRST, SECOND] }, 400, 20006],
    ['takes e-mails in any case', { emails: ['lisi@example.COM'] }, 400, 20006],
    ['leaves every other query alone', ASK, 200, 0],
  ])('%s', async (_title, body, status, code) => {
    const reply = await ask(POISON, body);
    expect([reply.status, reply.json.err_code]).toEqual([status, code]);
  });

  it('fails with 9999 too, on HTTP 200 too', async () => {
    const reply = await ask({ ...POISON, code: 9999, onHttp200: true }, { user_keys: [SECOND] });
    expect([reply.status, reply.json.err_code]).toEqual([200, 9999]);
  });

  it('counts only the calls that it fails', async () => {
    const { sandbox, newToken, queryWith } = await openSandbox();
    const token = await newToken();
    sandbox.faults.start({ ...POISON, calls: 1 });
    await queryWith(token, ASK);
    expect(sandbox.faults.list()).toMatchObject([{ struck: 0, callsLeft: 1 }]);
    await queryWith(token, { user_keys: [SECOND] });
    expect(sandbox.faults.list()).toMatchObject([{ isOn: false, struck: 1, callsLeft: 0 }]);
  });
});

describe('The token faults', () => {
  it('token-expiry ends every token handed out so far just before the call; a new one is good', async () => {
    const { sandbox, newToken, queryWith } = await openSandbox();
    const [one, other] = [await newToken(), await newToken()];
    sandbox.faults.start({ name: 'token-expiry', calls: 1 });
    expect((await queryWith(one, ASK)).json.err_code).toBe(10022);
    expect((await queryWith(other, ASK)).json.err_code).toBe(10022);
    expect((await queryWith(await newToken(), ASK)).json.err_code).toBe(0);
  });

  it('token-refused hands out no token: on HTTP 200 with a code, as the vendor does, or on its own status', async () => {
    const usual = await askForToken({ name: 'token-refused' });
    expect([usual.status, usual.json.error.code, usual.json.data]).toEqual([200, 10001, {}]);
    const own = await askForToken({ name: 'token-refused', onHttp200: false });
    expect([own.status, own.json.error.code]).toEqual([403, 10001]);
  });

  it('token-refused leaves queries alone', async () => {
    expect((await ask({ name: 'token-refused' })).status).toBe(200);
  });
});
