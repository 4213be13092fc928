import { describe, expect, it } from 'vitest';
import type { FaultSpec } from '../../src/sandbox/sandbox.ts';
import { codesByPath } from '../support/gateway-with-sandbox.ts';
import { peopleReply } from '../support/wire-replies.ts';
import { afterAMinute, MINUTE_MS } from './after-a-minute.ts';
import { LI_SI, ZHANG_SAN } from './strike.ts';

describe('never stale', () => {
  it.each<[FaultSpec, string]>([
    [{ name: 'error', code: 10301 }, 'UPSTREAM_FORBIDDEN'],
    [{ name: 'error', code: 10302 }, 'UPSTREAM_FORBIDDEN'],
    [{ name: 'error', code: 10022 }, 'UPSTREAM_UNAUTHENTICATED'],
    [{ name: 'html', status: 401 }, 'UPSTREAM_BAD_RESPONSE'],
    [{ name: 'html', status: 403 }, 'UPSTREAM_BAD_RESPONSE'],
    [{ name: 'error', code: 20006 }, 'UPSTREAM_REJECTED'],
    // A code that it does not document may be a refusal of permission.
    [{ name: 'error', code: 77777 }, 'UPSTREAM_REJECTED'],
    // The user API has answered: the user may have been removed.
    [{ name: 'malformed-rows' }, 'UPSTREAM_BAD_RESPONSE'],
  ])('after %o: access may have been withdrawn, or the failure is no outage', async (spec, code) => {
    const { ask, sandbox } = await afterAMinute();
    sandbox.faults.start(spec);
    const { answer, stale, header } = await ask();
    expect(answer.data).toEqual({ user: null });
    expect(codesByPath(answer)).toEqual([`user: ${code}`]);
    expect({ stale, header: header ?? '0' }).toEqual({ stale: 0, header: '0' });
  });

  it('after a refusal of the plugin credential', async () => {
    const { ask, sandbox } = await afterAMinute();
    sandbox.faults.start({ name: 'token-refused' });
    sandbox.expireTokens();
    expect(codesByPath((await ask()).answer)).toEqual(['user: UPSTREAM_UNAUTHENTICATED']);
  });

  it('for users to whom access was refused, also where the user API has answered others since', async () => {
    const { ask, sandbox } = await afterAMinute();
    sandbox.faults.start({ name: 'error', code: 10001, calls: 1 });
    expect(codesByPath((await ask()).answer)).toEqual(['user: UPSTREAM_FORBIDDEN']);
    expect((await ask(`user(key: "${LI_SI}") { key }`)).answer.errors).toBeUndefined();
    sandbox.faults.start({ name: 'html', status: 503 });
    const { answer, stale } = await ask();
    expect(codesByPath(answer)).toEqual(['user: UPSTREAM_UNAVAILABLE']);
    expect(stale).toBe(0);
  });

  it('for users whose field is hidden now, nor in an outage after that', async () => {
    const { ask, sandbox, jump } = await afterAMinute();
    const byEmail = 'usersByEmail(emails: ["zhangsan@example.com", "lisi@example.com"]) { email }';
    expect((await ask(byEmail)).answer.errors).toBeUndefined();
    jump(MINUTE_MS);
    sandbox.faults.start({ name: 'rows-without', field: 'email' });
    const hidden = await ask(byEmail);
    expect(hidden.answer.data).toEqual({ usersByEmail: [null, null] });
    expect(codesByPath(hidden.answer)).toEqual([0, 1].map((index) => `usersByEmail.${index}: UPSTREAM_BAD_RESPONSE`));
    // By key all is well meanwhile.
    expect((await ask(`user(key: "${LI_SI}") { key }`)).answer.errors).toBeUndefined();
    sandbox.faults.clear();
    sandbox.faults.start({ name: 'html', status: 503 });
    const { answer, stale } = await ask(byEmail);
    expect(answer.data).toEqual({ usersByEmail: [null, null] });
    expect({ before: hidden.stale, stale }).toEqual({ before: 0, stale: 0 });
  });

  it('for an e-mail address that is no longer theirs, after a maintenance page', async () => {
    const { ask, sandbox, jump } = await afterAMinute();
    const byEmail = 'usersByEmail(emails: ["zhangsan@example.com"]) { key }';
    expect((await ask(byEmail)).answer.data).toEqual({ usersByEmail: [{ key: ZHANG_SAN }] });
    jump(MINUTE_MS);
    sandbox.setFault((call, answer) =>
      call.interface === 'user_query'
        ? peopleReply([{ user_key: ZHANG_SAN, email: 'zhang.san@example.com' }])
        : answer(),
    );
    expect((await ask(`user(key: "${ZHANG_SAN}") { email }`)).answer.data).toEqual({
      user: { email: 'zhang.san@example.com' },
    });
    sandbox.setFault(undefined);
    sandbox.faults.start({ name: 'html', status: 200 });
    const { answer, stale } = await ask(byEmail);
    expect(codesByPath(answer)).toEqual(['usersByEmail.0: UPSTREAM_BAD_RESPONSE']);
    expect(stale).toBe(0);
  });

  it('after a refusal that came before the outage', async () => {
    const { ask, sandbox } = await afterAMinute();
    sandbox.faults.start([
      { name: 'error', code: 10301, calls: 1 },
      { name: 'html', status: 503 },
    ]);
    expect(codesByPath((await ask()).answer)).toEqual(['user: UPSTREAM_FORBIDDEN']);
    const { answer, stale } = await ask();
    expect(answer.data).toEqual({ user: null });
    expect(codesByPath(answer)).toEqual(['user: UPSTREAM_UNAVAILABLE']);
    expect(stale).toBe(0);
  });

  it('for "not found": that is an error again, not a null that might be wrong by now', async () => {
    const { ask, sandbox, jump } = await afterAMinute();
    const nobody = 'user(key: "nobody") { nameEn }';
    expect((await ask(nobody)).answer).toEqual({ data: { user: null } });
    jump(MINUTE_MS);
    sandbox.faults.start({ name: 'html', status: 503 });
    expect(codesByPath((await ask(nobody)).answer)).toEqual(['user: UPSTREAM_UNAVAILABLE']);
  });

  it.each([
    ['key', `user(key: "${ZHANG_SAN}") { nameEn }`],
    ['e-mail', 'usersByEmail(emails: ["zhangsan@example.com"]) { nameEn }'],
  ])('for people who were not found since, by %s', async (_, field) => {
    const { ask, sandbox, jump } = await afterAMinute();
    await ask(field);
    jump(MINUTE_MS);
    sandbox.faults.start([
      { name: 'rows-missing', calls: 1 },
      { name: 'html', status: 503 },
    ]);
    // "Not found" is remembered for a few seconds.
    expect((await ask(field)).answer.errors).toBeUndefined();
    jump(6_000);
    const { answer, stale } = await ask(field);
    expect(answer.errors?.map(({ extensions }: { extensions: { code: string } }) => extensions.code)).toEqual([
      'UPSTREAM_UNAVAILABLE',
    ]);
    expect(stale).toBe(0);
  });
});
