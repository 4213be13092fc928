import { expect } from 'vitest';
import { gatewayWithSandbox, post } from './gateway-with-sandbox.ts';

const KEYS = Array.from({ length: 100 }, (_, index) => `${7_000_000_000_000_000_001n + BigInt(index)}`);

/**
 * Asks for 100 people in 20 requests, which leave in one call: the only slot of a second is taken before, so that they wait for
 * the next.
 * @param headersOf of request n, from 0 on.
 */
export async function askForFullBatch(
  options: Parameters<typeof gatewayWithSandbox>[0] = {},
  headersOf: (n: number) => Record<string, string> = () => ({}),
) {
  const harness = await gatewayWithSandbox({ ...options, gateway: { callsPerSecond: 1, ...options.gateway } });
  const { gateway, query, upstreamCalls } = harness;
  await gateway.whenReady;
  await query('{ user(key: "nobody") { key } }');
  return {
    ...harness,
    async ask(name = (n: number) => `Operation${n}`) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, async (_, n) => {
          const keys = JSON.stringify(KEYS.slice(n * 5, n * 5 + 5));
          const response = await post(
            gateway,
            { query: `query ${name(n)} { users(keys: ${keys}) { key } }` },
            headersOf(n),
          );
          return (await response.json()) as { data: { users: { key: string }[] } };
        }),
      );
      expect(answers.flatMap(({ data }) => data.users.map(({ key }) => key))).toEqual(KEYS);
      expect(upstreamCalls()).toHaveLength(2);
    },
  };
}
