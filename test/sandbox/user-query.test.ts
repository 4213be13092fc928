import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FIRST, keysOf, openSandbox, SECOND, stoppedClock, THIRD } from './sandbox-client.ts';

describe('The user query', () => {
  it('answers the eight documented fields, user_id and name', async () => {
    const { query, sandbox } = await openSandbox();
    const { status, json } = await query({ user_keys: [FIRST] });
    expect(status).toBe(200);
    expect(json).toEqual({
      data: [
        {
          user_key: FIRST,
          username: FIRST,
          email: 'zhangsan@example.com',
          name_cn: '张三',
          name_en: 'Zhang San',
          avatar_url: `${sandbox.url}/_sandbox/avatars/${FIRST}.svg`,
          out_id: expect.stringMatching(/^on_[0-9a-f]{32}$/),
          status: 'activated',
          user_id: 70000000001,
          name: { default: '张三', zh_cn: '张三', en_us: 'Zhang San' },
        },
      ],
      err: {},
      err_msg: '',
      err_code: 0,
    });
  });

  it('finds a person by user key, by out id and by e-mail', async () => {
    const { query, sandbox } = await openSandbox();
    const outId = sandbox.people[1]?.out_id;
    expect(keysOf(await query({ user_keys: [SECOND] }))).toEqual([SECOND]);
    expect(keysOf(await query({ out_ids: [outId] }))).toEqual([SECOND]);
    expect(keysOf(await query({ emails: ['lisi@example.com'] }))).toEqual([SECOND]);
  });

  it('ignores lists that are empty or null beside the one that is not', async () => {
    const { query } = await openSandbox();
    expect(keysOf(await query({ user_keys: [FIRST], out_ids: [], emails: null }))).toEqual([FIRST]);
  });

  it('matches e-mails in any letter case and answers them in their stored case', async () => {
    const { query } = await openSandbox({ people: [{ user_key: '1', email: 'Emma.Clark@Example.com' }] });
    const { json } = await query({ emails: ['EMMA.clark@example.COM', 'emma.clark@example.com'] });
    expect(json.data).toEqual([{ user_key: '1', username: '1', email: 'Emma.Clark@Example.com' }]);
    expect(keysOf(await query({ emails: ['EMMA.CLARK@EXAMPLE.COM'] }))).toEqual(['1']);
  });

  it('answers never in the order asked, and always in the same one', async () => {
    const { query } = await openSandbox();
    const asked = [FIRST, SECOND, THIRD];
    const reply = keysOf(await query({ user_keys: asked }));
    expect(reply).not.toEqual(asked);
    expect(reply.toSorted()).toEqual(asked);
    expect(keysOf(await query({ user_keys: asked }))).toEqual(reply);
    expect(keysOf(await query({ user_keys: reply }))).not.toEqual(reply);
  });

  it('leaves out who does not exist and answers each person once', async () => {
    const { queryWith, newToken } = await openSandbox({ callsPerSecond: 10_000 });
    const token = await newToken();
    const known = Array.from({ length: 20 }, (_, index) => `70000000000000000${String(index + 1).padStart(2, '0')}`);
    const anyKey = fc.oneof(fc.constantFrom(...known), fc.string({ minLength: 1 }), fc.constant('__proto__'));
    await fc.assert(
      fc.asyncProperty(fc.array(anyKey, { minLength: 1, maxLength: 100 }), async (asked) => {
        const reply = await queryWith(token, { user_keys: asked });
        const expected = known.filter((key) => asked.includes(key));
        expect(reply.json.err_code).toBe(expected.length === 0 ? 30006 : 0);
        expect(expected.length === 0 ? [] : keysOf(reply).toSorted()).toEqual(expected);
      }),
    );
  });

  it('searches e-mails in the plugin’s own tenant unless a tenant_key names another', async () => {
    const people = [
      { user_key: '1', email: 'ann@example.com' },
      { user_key: '2', email: 'ann@example.com', tenant_key: 'tenant_example_org' },
    ];
    const { query } = await openSandbox({ people });
    expect(keysOf(await query({ emails: ['ann@example.com'] }))).toEqual(['1']);
    expect(keysOf(await query({ emails: ['ann@example.com'], tenant_key: '' }))).toEqual(['1']);
    expect(keysOf(await query({ emails: ['ann@example.com'], tenant_key: 'tenant_example_com' }))).toEqual(['1']);
    expect(keysOf(await query({ emails: ['ann@example.com'], tenant_key: 'tenant_example_org' }))).toEqual(['2']);
    expect((await query({ emails: ['ann@example.com'], tenant_key: 'elsewhere' })).json.err_code).toBe(30006);
  });

  it('ignores a tenant_key with user keys and out ids', async () => {
    const { query } = await openSandbox({ people: [{ user_key: '1', out_id: 'on_1', tenant_key: 'other' }] });
    expect(keysOf(await query({ user_keys: ['1'], tenant_key: 'elsewhere' }))).toEqual(['1']);
    expect(keysOf(await query({ out_ids: ['on_1'], tenant_key: 5 }))).toEqual(['1']);
  });

  it('finds people who are not linked by their key, but not by their e-mail', async () => {
    const { query } = await openSandbox({ people: [{ user_key: '1', email: 'ann@example.com', linked: false }] });
    expect(keysOf(await query({ user_keys: ['1'] }))).toEqual(['1']);
    expect((await query({ emails: ['ann@example.com'] })).json.err_code).toBe(30006);
  });

  it('shows only collaborators to a virtual token', async () => {
    const people = [{ user_key: '1' }, { user_key: '2', collaborator: false }];
    const { queryWith, newToken } = await openSandbox({ people });
    const virtual = await newToken(1);
    expect(keysOf(await queryWith(virtual, { user_keys: ['1', '2'] }))).toEqual(['1']);
    expect((await queryWith(virtual, { user_keys: ['2'] })).json.err_code).toBe(30006);
    expect(keysOf(await queryWith(await newToken(0), { user_keys: ['2'] }))).toEqual(['2']);
  });

  it('takes a user access token, which names the acting user in itself', async () => {
    const { sandbox, queryWith } = await openSandbox({ people: [{ user_key: '1' }], requireUserKey: true });
    expect(keysOf(await queryWith(sandbox.userAccessToken('1'), { user_keys: ['1'] }))).toEqual(['1']);
  });

  it('leaves out what a person lacks, and answers null, empty and unknown values as they are', async () => {
    const person = { user_key: '1', email: null, name_en: '', status: 'on_leave' };
    const { query } = await openSandbox({ people: [person] });
    expect((await query({ user_keys: ['1'] })).json.data).toEqual([{ ...person, username: '1' }]);
  });
});

describe('The limit of calls', () => {
  const ask = { user_keys: [FIRST] };

  it('admits 15 calls in any sliding second and answers the next with 10429', async () => {
    const { now, advance } = stoppedClock();
    const { queryWith, newToken } = await openSandbox({ now });
    const token = await newToken();
    const codes = async (count: number) => {
      const seen: number[] = [];
      for (let call = 0; call < count; call++) seen.push((await queryWith(token, ask)).json.err_code);
      return seen;
    };
    const ok = (count: number) => Array.from({ length: count }, () => 0);

    expect(await codes(5)).toEqual(ok(5));
    advance(600);
    expect(await codes(11)).toEqual([...ok(10), 10429]);
    advance(399);
    expect(await codes(1)).toEqual([10429]);
    advance(1);
    expect(await codes(6)).toEqual([...ok(5), 10429]);
  });

  it('counts each token for itself', async () => {
    const { queryWith, newToken } = await openSandbox({ now: stoppedClock().now, callsPerSecond: 1 });
    const [one, other] = [await newToken(), await newToken()];
    expect((await queryWith(one, ask)).status).toBe(200);
    expect((await queryWith(one, ask)).status).toBe(429);
    expect((await queryWith(other, ask)).status).toBe(200);
  });

  it('counts malformed calls too', async () => {
    const { queryWith, newToken } = await openSandbox({ now: stoppedClock().now, callsPerSecond: 1 });
    const token = await newToken();
    expect((await queryWith(token, '{')).json.err_code).toBe(20006);
    expect((await queryWith(token, ask)).json.err_code).toBe(10429);
  });
});
