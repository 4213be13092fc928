import { describe, expect, it } from 'vitest';
import { apiKeyOf, bearer, gatewayForKeys } from '../../support/callers.ts';
import { codesByPath, gatewayWithSandbox, post } from '../../support/gateway-with-sandbox.ts';

const operations = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ query: `{ user(key: "${7_000_000_000_000 + n}") { key } }` }));

describe('several operations in one request', () => {
  it('are refused, each can be sent in a request of its own', async () => {
    const { gateway, upstreamCalls } = await gatewayWithSandbox();
    const response = await post(gateway, operations(1));
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      errors: [
        {
          message: 'A request may hold one operation, not a list of them. Send each in a request of its own.',
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ],
    });
    expect(upstreamCalls()).toEqual([]);
  });

  it('are answered up to MAX_BATCHED_OPERATIONS, with one call for all', async () => {
    const { gateway, upstreamCalls } = await gatewayWithSandbox({ gateway: { maxBatchedOperations: 3 } });
    const response = await post(gateway, operations(3));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual([
      { data: { user: null } },
      { data: { user: null } },
      { data: { user: null } },
    ]);
    expect(upstreamCalls()).toHaveLength(1);
  });

  it('are refused all together where they are more', async () => {
    const { gateway, upstreamCalls } = await gatewayWithSandbox({ gateway: { maxBatchedOperations: 3 } });
    const response = await post(gateway, operations(4));
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      errors: [
        {
          message: 'A request may hold at most 3 operations; this one holds 4. Split it.',
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ],
    });
    expect(upstreamCalls()).toEqual([]);
  });

  it('are refused where an item is no operation, also in front of trusted documents', async () => {
    for (const gateway of [{}, { trustedDocuments: { a: '{ __typename }' } }]) {
      const harness = await gatewayWithSandbox({ gateway: { maxBatchedOperations: 3, ...gateway } });
      for (const item of [null, 'text', 7, []]) {
        const response = await post(harness.gateway, [item]);
        expect(response.status).toBe(400);
        expect(codesByPath(await response.json())).toEqual(['(request): BAD_USER_INPUT']);
      }
    }
  });

  it('have MAX_IDENTIFIERS each, and one over it does not harm the others', async () => {
    const { gateway } = await gatewayWithSandbox({ gateway: { maxBatchedOperations: 3, maxIdentifiers: 2 } });
    const naming = (keys: string) => ({ query: `{ users(keys: [${keys}]) { key } }` });
    const answers = await (await post(gateway, [naming('1, 2'), naming('1, 2, 3'), naming('4, 5')])).json();
    expect(answers.map(codesByPath)).toEqual([[], ['(request): BAD_USER_INPUT'], []]);
  });

  it('count together for what their caller may ask for in a minute', async () => {
    const { gateway } = await gatewayForKeys([apiKeyOf('secret')], {
      maxBatchedOperations: 3,
      identifiersPerMinute: 2,
    });
    const answers = await (await post(gateway, operations(3), bearer('secret'))).json();
    expect(answers.flatMap(codesByPath)).toEqual(['(request): RATE_LIMITED']);
  });
});
