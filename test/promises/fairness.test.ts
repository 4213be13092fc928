import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { gatewayWithSandbox } from '../support/gateway-with-sandbox.ts';
import { keysFrom } from '../support/user-keys.ts';

interface Body {
  readonly user_keys?: string[];
  readonly emails?: string[];
  readonly tenant_key?: string;
}

/**
 * A gateway whose rate limit is used up by the quickest calls. Its clock stands still, so no other call leaves before the test lets
 * a second pass.
 */
async function rateLimitedGateway() {
  const time = { nowMs: 0 };
  const harness = await gatewayWithSandbox({ gateway: { clock: () => time.nowMs } });
  await harness.gateway.whenReady;
  const bodies = () => harness.upstreamCalls() as Body[];
  return {
    ...harness,
    bodies,
    /** Requests come in-process: after so many turns of the event loop all that were sent are queued. */
    async allQueued(): Promise<void> {
      for (let turns = 0; turns < 500; turns++) await turnOfTheLoop();
    },
    /** Lets time pass until so many calls have left. */
    async untilCalls(count: number): Promise<void> {
      await expect
        .poll(
          () => {
            time.nowMs += 50;
            return bodies().length;
          },
          { interval: 20 },
        )
        .toBeGreaterThanOrEqual(count);
    },
  };
}

it('Tenants take turns: a lookup in one tenant leaves within two calls behind 1,000 lookups in another', async () => {
  const { query, bodies, allQueued, untilCalls } = await rateLimitedGateway();
  const emails = Array.from({ length: 1_000 }, (_, n) => `user${n}@example.com`);
  const ask = (addresses: readonly string[], tenant: string) =>
    query('query ($emails: [String!]!, $tenant: ID) { usersByEmail(emails: $emails, tenantKey: $tenant) { key } }', {
      emails: addresses,
      tenant,
    });
  const list = ask(emails, 't1');
  await untilCalls(1);
  await allQueued();
  const single = ask(['zhangsan@example.com'], 't2');
  await allQueued();
  const before = bodies().length;
  expect(before).toBeLessThan(8);
  await untilCalls(before + 2);
  const next = bodies().slice(before, before + 2);
  expect(next.map(({ tenant_key }) => tenant_key)).toContain('t2');
  await untilCalls(11);
  expect(await single).toEqual({ data: { usersByEmail: [null] } });
  expect(await list).toEqual({ data: { usersByEmail: emails.map(() => null) } });
});

it('Requests take turns: of 150 requests of 10 keys each has a key in the next two calls', async () => {
  const { query, bodies, allQueued, untilCalls } = await rateLimitedGateway();
  // The calls that may leave at once.
  for (const key of keysFrom(1, 3)) await query(`{ user(key: "${key}") { key } }`);
  const lists = Array.from({ length: 150 }, (_, n) => keysFrom(10_001 + 10 * n, 10));
  const answers = lists.map((keys) => query(`{ users(keys: ${JSON.stringify(keys)}) { key } }`));
  await allQueued();
  const before = bodies().length;
  await untilCalls(before + 2);
  const sent = new Set(
    bodies()
      .slice(0, before + 2)
      .flatMap(({ user_keys = [] }) => user_keys),
  );
  expect(lists.filter((keys) => !keys.some((key) => sent.has(key)))).toEqual([]);
  await untilCalls(before + 15);
  for (const answer of answers) expect((await answer).errors).toBeUndefined();
});
