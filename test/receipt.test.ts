import { describe, expect, it } from 'vitest';
import { addReceipts, emptyReceipt } from '../src/directory/receipt.ts';
import { gatewayWithSandbox, post } from './support/gateway-with-sandbox.ts';

const ZHANG_SAN = '7000000000000000001';
const RECEIPT = { 'x-lookup-receipt': 'true' };

async function ask(query: string, options: Parameters<typeof gatewayWithSandbox>[0] = {}) {
  const harness = await gatewayWithSandbox(options);
  const askAgain = async (text = query, headers: Record<string, string> = RECEIPT) =>
    (await post(harness.gateway, { query: text }, headers)).json();
  return { ...harness, askAgain, answer: await askAgain() };
}

describe('the receipt', () => {
  it('tells what answering took: 250 people, three calls', async () => {
    const keys = Array.from({ length: 250 }, (_, index) => String(7_000_000_000_000_000_001n + BigInt(index)));
    const { answer } = await ask(`{ users(keys: ${JSON.stringify(keys)}) { key } }`);
    expect(answer.extensions.receipt).toEqual({
      upstreamCalls: 3,
      identifiersSent: 250,
      cacheHits: 0,
      joined: 0,
      stale: 0,
      waitedMs: expect.any(Number),
    });
  });

  it('is there only where the header asks for it', async () => {
    const { askAgain } = await ask('{ __typename }');
    expect(await askAgain('{ __typename }', {})).toEqual({ data: { __typename: 'Query' } });
  });

  it('counts what memory answers', async () => {
    const { askAgain } = await ask(`{ user(key: "${ZHANG_SAN}") { key } }`);
    expect((await askAgain()).extensions.receipt).toMatchObject({ upstreamCalls: 0, identifiersSent: 0, cacheHits: 1 });
  });

  it('is on one receipt for each call, whoever rides on it', async () => {
    const { gateway, upstreamCalls } = await gatewayWithSandbox();
    await gateway.whenReady;
    const answers = await Promise.all(
      [1, 2, 3].map(async (n) =>
        (await post(gateway, { query: `{ user(key: "700000000000000000${n}") { key } }` }, RECEIPT)).json(),
      ),
    );
    const total = (name: string) => answers.reduce((sum, answer) => sum + answer.extensions.receipt[name], 0);
    expect(total('upstreamCalls')).toBe(upstreamCalls().length);
    expect(total('identifiersSent')).toBe(3);
    expect(total('joined')).toBe(3 - upstreamCalls().length);
  });

  it('comes with errors, too', async () => {
    const { answer } = await ask('{ user(key: "") { key } }');
    expect(answer.errors).toHaveLength(1);
    expect(answer.extensions.receipt.upstreamCalls).toBe(0);
  });
});

describe('memory, on the wire', () => {
  it('one call serves a look-up by e-mail, then by key, then by out id', async () => {
    const { query, upstreamCalls } = await gatewayWithSandbox();
    const first = await query('{ usersByEmail(emails: ["zhangsan@example.com"]) { key outId } }');
    const [{ key, outId }] = (first.data as { usersByEmail: [{ key: string; outId: string }] }).usersByEmail;
    expect((await query(`{ user(key: "${key}") { nameEn } }`)).data).toEqual({ user: { nameEn: 'Zhang San' } });
    expect((await query(`{ usersByOutId(outIds: "${outId}") { key } }`)).data).toEqual({ usersByOutId: [{ key }] });
    expect(upstreamCalls()).toEqual([{ emails: ['zhangsan@example.com'] }]);
  });

  it('only the missing people of a list are asked for', async () => {
    const { query, upstreamCalls } = await gatewayWithSandbox();
    await query(`{ user(key: "${ZHANG_SAN}") { key } }`);
    await query(`{ users(keys: ["${ZHANG_SAN}", "7000000000000000002"]) { key } }`);
    expect(upstreamCalls()).toEqual([{ user_keys: [ZHANG_SAN] }, { user_keys: ['7000000000000000002'] }]);
  });

  it('x-lookup-cache counts for nothing with another value', async () => {
    const { askAgain } = await ask(`{ user(key: "${ZHANG_SAN}") { key } }`);
    const again = await askAgain(undefined, { ...RECEIPT, 'x-lookup-cache': 'bogus' });
    expect(again.extensions.receipt).toMatchObject({ upstreamCalls: 0, cacheHits: 1 });
  });

  it('x-lookup-cache: refresh asks again', async () => {
    const { askAgain, upstreamCalls } = await ask(`{ user(key: "${ZHANG_SAN}") { key } }`);
    const fresh = await askAgain(undefined, { ...RECEIPT, 'x-lookup-cache': 'refresh' });
    expect(fresh.extensions.receipt).toMatchObject({ upstreamCalls: 1, cacheHits: 0 });
    expect(upstreamCalls()).toHaveLength(2);
  });

  it('errors are never remembered', async () => {
    const { query, sandbox } = await gatewayWithSandbox();
    sandbox.setFault((call, answer) => (call.interface === 'user_query' ? { status: 503, body: '' } : answer()));
    expect((await query(`{ user(key: "${ZHANG_SAN}") { key } }`)).errors).toHaveLength(1);
    sandbox.setFault(undefined);
    expect(await query(`{ user(key: "${ZHANG_SAN}") { key } }`)).toEqual({ data: { user: { key: ZHANG_SAN } } });
  });

  it('two requests by different people are told nothing of each other but the shared call', async () => {
    const { gateway, events } = await gatewayWithSandbox();
    await gateway.whenReady;
    await post(gateway, { query: `{ user(key: "${ZHANG_SAN}") { key } }` });
    expect(events).toContainEqual({ type: 'lookups', kind: 'key', cacheHits: 0, coalesced: 0, queued: 1, shed: 0 });
    expect(events).toContainEqual({
      type: 'batch',
      kind: 'key',
      identifiers: 1,
      refreshedAhead: 0,
      waitedMs: expect.any(Number),
    });
    expect(JSON.stringify(events)).not.toContain(ZHANG_SAN);
  });
});

describe('receipts of a batch', () => {
  it('are added up, but for the wait: operations wait at the same time', () => {
    const one = { ...emptyReceipt(), upstreamCalls: 1, identifiersSent: 2, waitedMs: 30 };
    const another = { ...emptyReceipt(), upstreamCalls: 1, cacheHits: 3, joined: 1, stale: 1, waitedMs: 50 };
    const sum = { upstreamCalls: 2, identifiersSent: 2, cacheHits: 3, joined: 1, stale: 1, waitedMs: 50 };
    expect(addReceipts([one, another])).toEqual(sum);
  });
});
