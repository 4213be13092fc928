import { describe, expect, it } from 'vitest';
import { apiKeyOf, bearer, gatewayForKeys } from '../../support/callers.ts';

const keys = [
  apiKeyOf('a', { name: 'frontend' }),
  apiKeyOf('b', { name: 'frontend' }),
  apiKeyOf('c', { name: 'batch' }),
];
const many = (count: number) =>
  `{ users(keys: ${JSON.stringify(Array.from({ length: count }, (_, n) => String(7000000000000000001n + BigInt(n))))}) { key } }`;

describe('IDENTIFIERS_PER_MINUTE', () => {
  it('counts identifiers, not requests, cache hits included; over it is RATE_LIMITED, with 429 and when to ask again', async () => {
    const { ask, upstreamCalls } = await gatewayForKeys(keys, { identifiersPerMinute: 10 });
    expect((await ask(many(5), bearer('a'))).status).toBe(200);
    expect((await ask(many(5), bearer('a'))).status).toBe(200);
    const { status, headers, answer } = await ask(many(1), bearer('a'));
    expect(status).toBe(429);
    const [{ message, extensions }] = answer.errors;
    expect(extensions).toEqual({ code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) });
    expect(message).toContain('10 identifiers a minute');
    expect(answer).not.toHaveProperty('data');
    expect(Number(headers.get('retry-after'))).toBe(Math.ceil(extensions.retryAfterMs / 1_000));
    expect(upstreamCalls()).toHaveLength(1);
  });

  it('is for each caller: two keys of one name are one, another name is another', async () => {
    const { ask } = await gatewayForKeys(keys, { identifiersPerMinute: 5 });
    expect((await ask(many(5), bearer('a'))).status).toBe(200);
    expect((await ask(many(1), bearer('b'))).status).toBe(429);
    expect((await ask(many(5), bearer('c'))).status).toBe(200);
  });

  it('does not charge for what it refuses: a smaller operation still fits', async () => {
    const { ask } = await gatewayForKeys(keys, { identifiersPerMinute: 10 });
    await ask(many(8), bearer('a'));
    expect((await ask(many(3), bearer('a'))).status).toBe(429);
    expect((await ask(many(2), bearer('a'))).status).toBe(200);
  });

  it('tells how many are left, and that so many may pass at once', async () => {
    const { ask } = await gatewayForKeys(keys, { identifiersPerMinute: 20 });
    await ask(many(2), bearer('a'));
    const tooMany = await ask(many(19), bearer('a'));
    expect(tooMany.answer.errors[0].message).toBe(
      'This request names 19 identifiers, and its caller has 18 left of 20 identifiers a minute, cache hits included. Ask again after retryAfterMs, or now for 18 at the most.',
    );
    expect((await ask(many(18), bearer('a'))).status).toBe(200);
    const nothingLeft = await ask(many(1), bearer('a'));
    expect(nothingLeft.answer.errors[0].message).toMatch(/has 0 left of 20 .* Ask again after retryAfterMs\.$/);
  });

  it('says to split an operation that names more than a whole minute allows', async () => {
    const { ask } = await gatewayForKeys(keys, { identifiersPerMinute: 10 });
    const { answer } = await ask(many(11), bearer('a'));
    expect(answer.errors[0]).toMatchObject({
      message: 'This caller may ask for 10 identifiers a minute; this operation alone names 11. Split it.',
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });

  it('charges nothing for an operation that names nobody', async () => {
    const { ask } = await gatewayForKeys(keys, { identifiersPerMinute: 1 });
    await ask(many(1), bearer('a'));
    expect((await ask('{ __typename }', bearer('a'))).status).toBe(200);
  });
});

describe('e-mail addresses that a caller may not read', () => {
  const wanting = (count: number) =>
    `{ users(keys: ${JSON.stringify(Array.from({ length: 101 }, () => '7000000000000000001'))}) { ${Array.from({ length: count }, (_, n) => `a${n}: email`).join(' ')} } }`;

  it('are FORBIDDEN one by one, up to a thousand; more are refused at once, since each costs an error', async () => {
    const { ask, upstreamCalls } = await gatewayForKeys(keys, { emailNeedsScope: true });
    const few = await ask(wanting(9), bearer('a'));
    expect(few.answer.errors).toHaveLength(909);
    const calls = upstreamCalls().length;
    const { status, answer } = await ask(wanting(10), bearer('a'));
    expect({ status, errors: answer.errors }).toMatchObject({
      status: 403,
      errors: [
        { message: expect.stringContaining('asks for 1010 e-mail addresses'), extensions: { code: 'FORBIDDEN' } },
      ],
    });
    expect(upstreamCalls()).toHaveLength(calls);
  });

  it('are of no concern to callers who may read them', async () => {
    const reader = apiKeyOf('r', { scopes: ['email:read'] });
    const { ask } = await gatewayForKeys([reader], { emailNeedsScope: true });
    expect((await ask(wanting(10), bearer('r'))).answer.errors).toBeUndefined();
  });
});

describe('tenants', () => {
  const inTenants = (...tenants: string[]) =>
    `{ ${tenants.map((tenant, n) => `t${n}: usersByEmail(emails: ["zhangsan@example.com"], tenantKey: "${tenant}") { key }`).join(' ')} }`;

  it('LARK_TENANT_KEYS lists those that may be named; an operation that names another is FORBIDDEN', async () => {
    const { ask, upstreamCalls } = await gatewayForKeys(keys, { tenantKeys: ['tenant-1'] });
    expect((await ask(inTenants('tenant-1'), bearer('a'))).status).toBe(200);
    const { status, answer } = await ask(inTenants('tenant-1', 'tenant-2'), bearer('a'));
    expect({ status, code: answer.errors[0].extensions.code }).toEqual({ status: 403, code: 'FORBIDDEN' });
    expect(JSON.stringify(answer)).not.toContain('tenant-2');
    expect(upstreamCalls()).toHaveLength(1);
  });

  it('an API key can have a list of its own', async () => {
    const { ask } = await gatewayForKeys([
      apiKeyOf('a', { tenantKeys: ['tenant-2'] }),
      apiKeyOf('b', { tenantKeys: [] }),
    ]);
    expect((await ask(inTenants('tenant-2'), bearer('a'))).status).toBe(200);
    expect((await ask(inTenants('tenant-1'), bearer('a'))).status).toBe(403);
    expect((await ask(inTenants('tenant-1'), bearer('b'))).status).toBe(403);
    expect((await ask('{ usersByEmail(emails: ["zhangsan@example.com"]) { key } }', bearer('b'))).status).toBe(200);
  });

  it('counts at most five in an operation, however it names them', async () => {
    const { ask } = await gatewayForKeys(keys);
    const { status, answer } = await ask(inTenants('1', '2', '3', '4', '5', '6'), bearer('a'));
    expect({ status, code: answer.errors[0].extensions.code }).toEqual({ status: 200, code: 'BAD_USER_INPUT' });
  });
});
