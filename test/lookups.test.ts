import { describe, expect, it } from 'vitest';
import {
  UserDocument,
  UserNamesDocument,
  UserStatusDocument,
  UsersByEmailDocument,
  UsersByOutIdDocument,
  UsersDocument,
} from './generated/graphql.ts';
import { gatewayWithSandbox } from './support/gateway-with-sandbox.ts';

const ZHANG_SAN = '7000000000000000001';
const LI_SI = '7000000000000000002';

describe('look-ups on the wire', () => {
  it('asks for 250 keys in calls of 100, 100 and 50', async () => {
    const { query, upstreamCalls, sandbox } = await gatewayWithSandbox();
    const keys = sandbox.people.slice(0, 250).map(({ user_key }) => user_key);
    const { data } = await query(UsersDocument, { keys });
    expect(data?.users.map((user) => user?.key)).toEqual(keys);
    const sizes = upstreamCalls().map((body) => (body as { user_keys: string[] }).user_keys.length);
    expect(sizes.toSorted((a, b) => b - a)).toEqual([100, 100, 50]);
  });

  it('asks upstream once for two fields naming the same person', async () => {
    const { query, upstreamCalls } = await gatewayWithSandbox();
    const { data } = await query(
      `{ a: user(key: "${ZHANG_SAN}") { nameEn } b: user(key: " ${ZHANG_SAN} ") { email } }`,
    );
    expect(data).toEqual({ a: { nameEn: 'Zhang San' }, b: { email: 'zhangsan@example.com' } });
    expect(upstreamCalls()).toEqual([{ user_keys: [ZHANG_SAN] }]);
  });

  it('makes one call for each kind, and one for each tenant, of a query that mixes them', async () => {
    const { query, upstreamCalls, sandbox } = await gatewayWithSandbox();
    const stranger = sandbox.people.find((person) => person.email?.endsWith('@example.org') && person.linked !== false);
    const friend = sandbox.people.find(({ user_key }) => user_key === ZHANG_SAN);
    const { data, errors } = await query(`{
      key: user(key: "${ZHANG_SAN}") { key }
      keys: users(keys: ["${LI_SI}"]) { key }
      own: usersByEmail(emails: ["zhangsan@example.com"]) { key }
      other: usersByEmail(emails: ["${stranger?.email}"], tenantKey: "${stranger?.tenant_key}") { key }
      out: usersByOutId(outIds: ["${friend?.out_id}"]) { key }
    }`);
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      key: { key: ZHANG_SAN },
      keys: [{ key: LI_SI }],
      own: [{ key: ZHANG_SAN }],
      other: [{ key: stranger?.user_key }],
      out: [{ key: ZHANG_SAN }],
    });
    expect(upstreamCalls()).toHaveLength(4);
    expect(upstreamCalls()).toEqual(
      expect.arrayContaining([
        { user_keys: [ZHANG_SAN, LI_SI] },
        { emails: ['zhangsan@example.com'] },
        { emails: [stranger?.email], tenant_key: stranger?.tenant_key },
        { out_ids: [friend?.out_id] },
      ]),
    );
  });

  it('answers a list in the order asked, once for each repeat, with null for people who do not exist', async () => {
    const { query, upstreamCalls } = await gatewayWithSandbox();
    const { data, errors } = await query(UsersDocument, { keys: [LI_SI, '7999999999999999999', ZHANG_SAN, LI_SI] });
    expect(errors).toBeUndefined();
    expect(data?.users).toEqual([{ key: LI_SI }, null, { key: ZHANG_SAN }, { key: LI_SI }]);
    expect(upstreamCalls()).toEqual([{ user_keys: [LI_SI, '7999999999999999999', ZHANG_SAN] }]);
  });

  it('takes an e-mail in any letter case for one person', async () => {
    const { query, upstreamCalls } = await gatewayWithSandbox();
    const { data } = await query(UsersByEmailDocument, { emails: ['ZhangSan@Example.com', 'zhangsan@example.com'] });
    expect(data?.usersByEmail.map((user) => user?.key)).toEqual([ZHANG_SAN, ZHANG_SAN]);
    expect(upstreamCalls()).toEqual([{ emails: ['ZhangSan@Example.com'] }]);
  });

  it('answers null without an error when nobody at all is found (30006)', async () => {
    const { query, sandbox } = await gatewayWithSandbox();
    const answer = await query(UsersByOutIdDocument, { outIds: ['on_nobody', 'on_noone'] });
    expect(answer).toEqual({ data: { usersByOutId: [null, null] } });
    expect(sandbox.calls().at(-1)).toMatchObject({ status: 404, errCode: 30006 });
  });

  it('makes no call for an empty list', async () => {
    const { query, upstreamCalls } = await gatewayWithSandbox();
    expect(await query(UsersDocument, { keys: [] })).toEqual({ data: { users: [] } });
    expect(upstreamCalls()).toEqual([]);
  });

  it('finds only collaborators with a virtual token', async () => {
    const { query, sandbox } = await gatewayWithSandbox({ gateway: { tokenType: 'virtual' } });
    const people = sandbox.people.slice(0, 100);
    const { data } = await query(UsersDocument, { keys: people.map(({ user_key }) => user_key) });
    const collaborators = people.filter(({ collaborator }) => collaborator).map(({ user_key }) => user_key);
    expect(data?.users.filter((user) => user).map((user) => user?.key)).toEqual(collaborators);
    expect(collaborators.length).toBeLessThan(100);
  });

  it('sends X-USER-KEY only when one is configured', async () => {
    const plain = await gatewayWithSandbox();
    await plain.query(UserDocument, { key: ZHANG_SAN });
    expect(plain.sandbox.calls().at(-1)?.userKey).toBeUndefined();
    const acting = await gatewayWithSandbox({ gateway: { userKey: LI_SI } });
    await acting.query(UserDocument, { key: ZHANG_SAN });
    expect(acting.sandbox.calls().at(-1)?.userKey).toBe(LI_SI);
  });
});

describe('a person', () => {
  it('has every field of the API', async () => {
    const { query, sandbox } = await gatewayWithSandbox();
    const { data } = await query(UserDocument, { key: ZHANG_SAN });
    const person = sandbox.people.find(({ user_key }) => user_key === ZHANG_SAN);
    expect(data?.user).toEqual({
      key: ZHANG_SAN,
      outId: person?.out_id,
      email: 'zhangsan@example.com',
      name: '张三',
      nameCn: '张三',
      nameEn: 'Zhang San',
      avatarUrl: `${sandbox.url}/_sandbox/avatars/${ZHANG_SAN}.svg`,
      status: 'ACTIVATED',
    });
  });

  it('has null where the API says "" or nothing', async () => {
    const { query, sandbox } = await gatewayWithSandbox();
    answerWithRow({ user_key: '1', email: '', name_en: null, username: '' }, sandbox);
    const { data } = await query(UserDocument, { key: '1' });
    expect(data?.user).toMatchObject({
      key: '1',
      email: null,
      nameEn: null,
      nameCn: null,
      avatarUrl: null,
      name: null,
    });
  });

  it('is called by the best name there is for the locale', async () => {
    const { query, sandbox } = await gatewayWithSandbox({ gateway: { cache: { ttlMs: 0 } } });
    const names = async (row: object) => {
      answerWithRow({ user_key: '1', ...row }, sandbox);
      const { data } = await query(UserNamesDocument, { key: '1' });
      return [data?.user?.name, data?.user?.zh, data?.user?.en];
    };
    expect(await names({ name_cn: '张三', name_en: 'San' })).toEqual(['张三', '张三', 'San']);
    expect(await names({ name: { default: 'San Z', zh_cn: '张三', en_us: 'San' } })).toEqual(['San Z', '张三', 'San']);
    expect(await names({ name_en: 'San' })).toEqual(['San', 'San', 'San']);
    expect(await names({ name: { default: '三' } })).toEqual(['三', '三', '三']);
    expect(await names({ username: 'sanz' })).toEqual(['sanz', 'sanz', 'sanz']);
    expect(await names({ username: '1' })).toEqual([null, null, null]);
  });

  it.each([
    ['activated', 'ACTIVATED'],
    ['frozen', 'FROZEN'],
    ['forzen', 'FROZEN'],
    ['resigned', 'RESIGNED'],
    ['on_parental_leave', 'UNKNOWN'],
    ['toString', 'UNKNOWN'],
    [undefined, 'UNKNOWN'],
  ])('with the status %s is %s, and keeps the text', async (status, shown) => {
    const { query, sandbox } = await gatewayWithSandbox();
    answerWithRow({ user_key: '1', status }, sandbox);
    const { data } = await query(UserStatusDocument, { key: '1' });
    expect(data?.user).toEqual({ status: shown, statusText: status ?? null });
  });
});

function answerWithRow(row: object, sandbox: { setFault: Harnessed['sandbox']['setFault'] }): void {
  sandbox.setFault(({ interface: name }, answer) =>
    name === 'user_query' ? { status: 200, body: { data: [row], err: {}, err_msg: '', err_code: 0 } } : answer(),
  );
}

type Harnessed = Awaited<ReturnType<typeof gatewayWithSandbox>>;
