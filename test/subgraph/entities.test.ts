import { describe, expect, it } from 'vitest';
import { apiKeyOf, bearer, gatewayForKeys } from '../support/callers.ts';
import { codesByPath, gatewayWithSandbox } from '../support/gateway-with-sandbox.ts';

const ZHANG_SAN = { key: '7000000000000000001', email: 'zhangsan@example.com' };
const ENTITIES = `query ($of: [_Any!]!) { _entities(representations: $of) { __typename ... on User { key nameEn } } }`;
const user = (fields: Record<string, unknown>) => ({ __typename: 'User', ...fields });

describe('_entities', () => {
  it('resolves users by key, out id and e-mail, in the order requested, in one call of each kind', async () => {
    const { query, sandbox, upstreamCalls } = await gatewayWithSandbox();
    const outId = sandbox.people[1]?.out_id;
    const of = [{ key: ZHANG_SAN.key }, { outId }, { email: 'ZhangSan@Example.com' }, { key: ZHANG_SAN.key }].map(user);
    const { data, errors } = await query(ENTITIES, { of });
    expect(errors).toBeUndefined();
    const [zhangSan, liSi] = [
      { __typename: 'User', key: ZHANG_SAN.key, nameEn: 'Zhang San' },
      { __typename: 'User', key: '7000000000000000002', nameEn: 'Li Si' },
    ];
    expect(data).toEqual({ _entities: [zhangSan, liSi, zhangSan, zhangSan] });
    expect(upstreamCalls()).toHaveLength(3);
    expect(upstreamCalls()).toContainEqual({ user_keys: [ZHANG_SAN.key] });
    expect(upstreamCalls()).toContainEqual({ out_ids: [outId] });
    expect(upstreamCalls()).toContainEqual({ emails: ['ZhangSan@Example.com'] });
  });

  it('looks a user up by the most reliable of several keys', async () => {
    const { query, upstreamCalls } = await gatewayWithSandbox();
    await query(ENTITIES, { of: [user({ email: 'nobody@example.com', key: ZHANG_SAN.key, outId: null })] });
    expect(upstreamCalls()).toEqual([{ user_keys: [ZHANG_SAN.key] }]);
  });

  it('shares calls, memory and repeats with the other fields of the request', async () => {
    const { query, upstreamCalls } = await gatewayWithSandbox();
    const both = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { key } } users(keys: ["${ZHANG_SAN.key}", "7000000000000000002"]) { key } }`;
    await query(both, { of: [user({ key: ZHANG_SAN.key })] });
    await query(both, { of: [user({ key: ZHANG_SAN.key })] });
    expect(upstreamCalls()).toEqual([{ user_keys: [ZHANG_SAN.key, '7000000000000000002'] }]);
  });

  it('a user that is not found is null without an error', async () => {
    const { query } = await gatewayWithSandbox();
    expect(await query(ENTITIES, { of: [user({ key: '7999999999999999999' })] })).toEqual({
      data: { _entities: [null] },
    });
  });

  it.each([
    ['of an unknown type', { __typename: 'Team', key: '1' }, 'the __typename "User"'],
    ['without a type', { key: '1' }, 'the __typename "User"'],
    ['without a key', user({ name: 'Zhang San' }), 'key, outId, email as a string, got none of them'],
    ['with a null key', user({ key: null }), 'got key as null'],
    ['with a JSON number for a key', user({ key: 7 }), 'got key as a number'],
    ['with an empty key', user({ key: '' }), 'a user key, got an empty text'],
    ['with a malformed address', user({ email: 'zhangsan' }), 'an e-mail address such as name@example.com'],
    ['that is a list', [], 'an object, got a list'],
    ['that is a text', 'User', 'an object, got a string'],
    [
      'that inherits its type',
      JSON.parse('{"__proto__": {"__typename": "User", "key": "7000000000000000001"}}'),
      'the __typename "User"',
    ],
  ])('a representation %s spoils only itself, and none of it is repeated', async (_, wrong, words) => {
    const { query } = await gatewayWithSandbox();
    const answer = await query(ENTITIES, {
      of: [user({ key: ZHANG_SAN.key }), wrong, user({ email: ZHANG_SAN.email })],
    });
    expect(answer.data).toMatchObject({ _entities: [{ nameEn: 'Zhang San' }, null, { nameEn: 'Zhang San' }] });
    expect(codesByPath(answer)).toEqual(['_entities.1: BAD_USER_INPUT']);
    expect(answer.errors?.[0]?.message).toContain(words);
    expect(answer.errors?.[0]?.message).not.toMatch(/Team|7000|zhangsan$/);
  });

  it('one that fails upstream fails only at its path', async () => {
    const { query, sandbox } = await gatewayWithSandbox();
    sandbox.faults.start({ name: 'poison', identifiers: ['7000000000000000002'] });
    const answer = await query(ENTITIES, { of: ['1', '2', '3'].map((n) => user({ key: `700000000000000000${n}` })) });
    expect(codesByPath(answer)).toEqual(['_entities.1: UPSTREAM_REJECTED']);
  });

  it('takes representations that are written into the query', async () => {
    const { query } = await gatewayWithSandbox();
    const inline = `{ _entities(representations: [{__typename: "User", key: "${ZHANG_SAN.key}"}, {__typename: "User", key: 7000000000000000001}]) { ... on User { key } } }`;
    const answer = await query(inline);
    expect(answer.data).toEqual({ _entities: [{ key: ZHANG_SAN.key }, null] });
    expect(codesByPath(answer)).toEqual(['_entities.1: BAD_USER_INPUT']);
  });

  it('counts towards the identifiers that an operation may name, and a caller in a minute', async () => {
    const few = await gatewayWithSandbox({ gateway: { maxIdentifiers: 2 } });
    const of = ['1', '2', '3'].map((key) => user({ key }));
    expect(codesByPath(await few.query(ENTITIES, { of }))).toEqual(['(request): BAD_USER_INPUT']);
    const { ask } = await gatewayForKeys([apiKeyOf('k')], { identifiersPerMinute: 5 });
    expect((await ask(ENTITIES, bearer('k'), { of })).status).toBe(200);
    expect((await ask(ENTITIES, bearer('k'), { of })).status).toBe(429);
  });

  it('without email:read, references by e-mail are FORBIDDEN, and not looked up', async () => {
    const { ask, upstreamCalls } = await gatewayForKeys([apiKeyOf('k')], { emailNeedsScope: true });
    const { answer } = await ask(ENTITIES, bearer('k'), { of: [user({ email: ZHANG_SAN.email })] });
    expect(codesByPath(answer)).toEqual(['_entities.0: FORBIDDEN']);
    expect(upstreamCalls()).toEqual([]);
  });
});

describe('TRUST_REFERENCES', () => {
  const KEYS_ONLY = `query ($of: [_Any!]!) { _entities(representations: $of) { ...K } } fragment K on User { __typename key }`;
  const of = [user({ key: ZHANG_SAN.key }), user({ key: '7999999999999999999' })];

  it('is off by default: also who is only named is looked up, and null where they do not exist', async () => {
    const { query, upstreamCalls } = await gatewayWithSandbox();
    expect(await query(KEYS_ONLY, { of })).toEqual({
      data: { _entities: [{ __typename: 'User', key: ZHANG_SAN.key }, null] },
    });
    expect(upstreamCalls()).toHaveLength(1);
  });

  it('answers with what the representation holds where no more is wanted, without a call', async () => {
    const { query, upstreamCalls } = await gatewayWithSandbox({ gateway: { trustReferences: true } });
    const { data } = await query(KEYS_ONLY, { of });
    expect(data).toEqual({ _entities: of });
    expect(upstreamCalls()).toEqual([]);
  });

  it('looks users up as soon as one more field is selected, even under a condition', async () => {
    const { query, upstreamCalls } = await gatewayWithSandbox({ gateway: { trustReferences: true } });
    const more = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { key email @include(if: true) } } }`;
    expect((await query(more, { of })).data).toEqual({ _entities: [ZHANG_SAN, null] });
    expect(upstreamCalls()).toHaveLength(1);
  });

  it('still refuses what cannot be an identifier', async () => {
    const { query } = await gatewayWithSandbox({ gateway: { trustReferences: true } });
    const answer = await query(KEYS_ONLY, { of: [user({ key: 'a b' }), user({ key: '1' })] });
    expect(answer.data).toEqual({ _entities: [null, { __typename: 'User', key: '1' }] });
    expect(codesByPath(answer)).toEqual(['_entities.0: BAD_USER_INPUT']);
  });
});
