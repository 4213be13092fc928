import { describe, expect, it } from 'vitest';
import type { FaultSpec } from '../../src/sandbox/sandbox.ts';
import { codesByPath } from '../support/gateway-with-sandbox.ts';
import { afterAMinute, MINUTE_MS } from './after-a-minute.ts';
import { ZHANG_SAN } from './strike.ts';

describe('never stale', () => {
  it.each<[FaultSpec, string]>([
    [{ name: 'error', code: 10301 }, 'UPSTREAM_FORBIDDEN'],
    [{ name: 'error', code: 10302 }, 'UPSTREAM_FORBIDDEN'],
    [{ name: 'error', code: 10022 }, 'UPSTREAM_UNAUTHENTICATED'],
    [{ name: 'html', status: 200 }, 'UPSTREAM_BAD_RESPONSE'],
    [{ name: 'error', code: 20006 }, 'UPSTREAM_REJECTED'],
    [{ name: 'error', code: 1000051942 }, 'UPSTREAM_REJECTED'],
  ])('after %o: access may have been withdrawn, or it is no outage', async (spec, code) => {
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
