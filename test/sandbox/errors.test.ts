import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../src/sandbox/reply.ts';
import type { SandboxOptions } from '../../src/sandbox/sandbox.ts';
import { FIRST, openSandbox, stoppedClock } from './sandbox-client.ts';

const ASK = { user_keys: [FIRST] };
const TOO_MANY = Array.from({ length: 101 }, () => FIRST);

interface Case {
  readonly code: number;
  readonly status: number;
  readonly when: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly options?: SandboxOptions;
}

const RESIGNED: SandboxOptions = { people: [{ user_key: FIRST, status: 'resigned' }] };

const CASES: readonly Case[] = [
  { code: 10021, status: 401, when: 'X-PLUGIN-TOKEN is missing', headers: { 'x-plugin-token': '' } },
  { code: 10022, status: 401, when: 'nobody gave out the token', headers: { 'x-plugin-token': 'p-unknown' } },
  { code: 10022, status: 401, when: 'nobody gave out the user token', headers: { 'x-plugin-token': 'u-unknown' } },
  { code: 10211, status: 403, when: 'the token is unreadable', headers: { 'x-plugin-token': 'Bearer 123' } },
  { code: 10301, status: 401, when: 'permission is not granted', options: { permissionGranted: false } },
  { code: 10302, status: 401, when: 'the acting user resigned', headers: { 'x-user-key': FIRST }, options: RESIGNED },
  { code: 20039, status: 400, when: 'X-USER-KEY is required and missing', options: { requireUserKey: true } },
  { code: 20042, status: 400, when: 'X-USER-KEY names nobody', headers: { 'x-user-key': 'nobody' } },
  { code: 20004, status: 400, when: 'more than 100 identifiers are sent', body: { user_keys: TOO_MANY } },
  { code: 20005, status: 400, when: 'no list is sent', body: {} },
  { code: 20005, status: 400, when: 'the only list is empty', body: { user_keys: [] } },
  { code: 20006, status: 400, when: 'two lists are sent', body: { ...ASK, emails: ['zhangsan@example.com'] } },
  { code: 20006, status: 400, when: 'the list is no array', body: { user_keys: FIRST } },
  { code: 20006, status: 400, when: 'an identifier is a number', body: { user_keys: [FIRST, 7] } },
  { code: 20006, status: 400, when: 'an identifier is empty', body: { out_ids: [''] } },
  { code: 20006, status: 400, when: 'tenant_key is no string', body: { emails: ['a@example.com'], tenant_key: 1 } },
  { code: 20006, status: 400, when: 'the body is not JSON', body: '{"user_keys": [' },
  { code: 20006, status: 400, when: 'the body is no object', body: 'null' },
  { code: 20006, status: 413, when: 'the body is larger than a megabyte', body: ' '.repeat(1_000_001) },
  { code: 30006, status: 404, when: 'nobody is found', body: { user_keys: ['nobody'] } },
];

describe('The user query is refused', () => {
  for (const { code, status, when, body = ASK, headers, options } of CASES) {
    it(`with ${status}/${code} when ${when}`, async () => {
      const { query } = await openSandbox(options);
      const reply = await query(body, headers);
      const message = ERRORS[code as keyof typeof ERRORS].message;
      const logId = reply.headers.get('x-tt-logid');
      expect(logId).toMatch(/^SANDBOX\d+$/);
      expect(reply.status).toBe(status);
      expect(reply.json).toEqual({
        data: null,
        err: { code, msg: expect.stringContaining(message), log_id: logId },
        err_msg: message,
        err_code: code,
      });
    });
  }

  it('with 429/10430 when an X-IDEM-UUID comes again', async () => {
    const { query } = await openSandbox();
    expect((await query(ASK, { 'x-idem-uuid': 'one' })).status).toBe(200);
    const again = await query(ASK, { 'x-idem-uuid': 'one' });
    expect([again.status, again.json.err_code]).toEqual([429, 10430]);
    expect((await query(ASK, { 'x-idem-uuid': 'two' })).status).toBe(200);
  });

  it('with 401/10302 when the user of a user access token resigned', async () => {
    const { sandbox, queryWith } = await openSandbox(RESIGNED);
    const reply = await queryWith(sandbox.userAccessToken(FIRST), ASK);
    expect([reply.status, reply.json.err_code]).toEqual([401, 10302]);
  });

  it('for its token first, then its rate, its permission, its user, and its body last', async () => {
    const options = { permissionGranted: false, callsPerSecond: 1, now: stoppedClock().now };
    const { queryWith, newToken } = await openSandbox(options);
    const token = await newToken();
    const wrongUser = { 'x-user-key': 'nobody' };
    expect((await queryWith('p-unknown', '{', wrongUser)).json.err_code).toBe(10022);
    expect((await queryWith(token, '{', wrongUser)).json.err_code).toBe(10301);
    expect((await queryWith(token, '{', wrongUser)).json.err_code).toBe(10429);

    const granted = await openSandbox();
    expect((await granted.query('{', wrongUser)).json.err_code).toBe(20042);
  });
});

it('An X-IDEM-UUID refused for its rate can be sent again', async () => {
  const { now, advance } = stoppedClock();
  const { queryWith, newToken } = await openSandbox({ callsPerSecond: 1, now });
  const token = await newToken();
  await queryWith(token, ASK);
  expect((await queryWith(token, ASK, { 'x-idem-uuid': 'one' })).status).toBe(429);
  advance(1000);
  expect((await queryWith(token, ASK, { 'x-idem-uuid': 'one' })).status).toBe(200);
});
