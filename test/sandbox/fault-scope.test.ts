import { describe, expect, it } from 'vitest';
import type { FaultSpec } from '../../src/sandbox/sandbox.ts';
import { FIRST, openSandbox, stoppedClock } from './sandbox-client.ts';

const ASK = { user_keys: [FIRST] };
const DOWN: FaultSpec = { name: 'error', code: 50006 };

async function openWithToken(options: Parameters<typeof openSandbox>[0] = {}) {
  const opened = await openSandbox({ callsPerSecond: 1000, ...options });
  const token = await opened.newToken();
  const code = async (body: unknown = ASK): Promise<number> => (await opened.queryWith(token, body)).json.err_code;
  const codes = async (count: number): Promise<number[]> => {
    const list: number[] = [];
    for (let call = 0; call < count; call++) list.push(await code());
    return list;
  };
  return { ...opened, code, codes };
}

describe('A fault that is on', () => {
  it('strikes every user query until it is ended, and no call for a token', async () => {
    const { sandbox, codes, newToken } = await openWithToken();
    sandbox.faults.start(DOWN);
    expect(await codes(3)).toEqual([50006, 50006, 50006]);
    expect(await newToken()).toMatch(/^p-/);
    sandbox.faults.clear();
    expect(await codes(1)).toEqual([0]);
    expect(sandbox.faults.list()).toEqual([]);
  });

  it('for a number of calls ends after them, and is still told with what it did', async () => {
    const { sandbox, codes } = await openWithToken();
    sandbox.faults.start({ ...DOWN, calls: 2 });
    expect(sandbox.faults.list()).toMatchObject([{ isOn: true, struck: 0, callsLeft: 2 }]);
    expect(await codes(4)).toEqual([50006, 50006, 0, 0]);
    expect(sandbox.faults.list()).toMatchObject([{ name: 'error', code: 50006, isOn: false, struck: 2, callsLeft: 0 }]);
  });

  it('for a share of the calls strikes when the drawn number is below it', async () => {
    const draws = [0.19, 0.2, 0.9, 0, 0.5];
    const { sandbox, codes } = await openWithToken({ random: () => draws.shift() ?? 1 });
    sandbox.faults.start({ ...DOWN, share: 0.2 });
    expect(await codes(5)).toEqual([50006, 0, 0, 50006, 0]);
  });

  it('for every third call strikes the third and the sixth', async () => {
    const { sandbox, codes } = await openWithToken();
    sandbox.faults.start({ ...DOWN, every: 3 });
    expect(await codes(7)).toEqual([0, 0, 50006, 0, 0, 50006, 0]);
  });

  it('for a time ends by itself', async () => {
    const { now, advance } = stoppedClock();
    const { sandbox, codes } = await openWithToken({ now });
    sandbox.faults.start({ ...DOWN, forMs: 5000 });
    advance(4999);
    expect(await codes(2)).toEqual([50006, 50006]);
    expect(sandbox.faults.list()).toMatchObject([{ isOn: true, msLeft: 1, struck: 2 }]);
    advance(1);
    expect(await codes(1)).toEqual([0]);
    expect(sandbox.faults.list()).toMatchObject([{ isOn: false, msLeft: 0, struck: 2 }]);
  });

  it.each([
    ['plugin_token', 50006, 0],
    ['user_query', 0, 50006],
    ['both', 50006, 50006],
  ] as const)('for the interface %s strikes only there', async (name, tokenCode, queryCode) => {
    const { sandbox, code, requestToken } = await openWithToken();
    sandbox.faults.start({ ...DOWN, interface: name });
    const credential = { plugin_id: 'MII_SANDBOX', plugin_secret: 'sandbox-secret', type: 0 };
    expect((await requestToken(credential)).json.error.code).toBe(tokenCode);
    expect(await code()).toBe(queryCode);
  });

  it('for a kind strikes only queries that name people so', async () => {
    const { sandbox, code } = await openWithToken();
    sandbox.faults.start({ ...DOWN, kind: 'emails', interface: 'both' });
    expect(await code({ ...ASK, emails: [] })).toBe(0);
    expect(await code({ emails: ['zhangsan@example.com'] })).toBe(50006);
  });

  it('may be on from the start', async () => {
    const { code } = await openWithToken({ faults: [DOWN] });
    expect(await code()).toBe(50006);
  });
});

describe('Several faults', () => {
  it('are asked in the order they were started: the first that strikes decides, the next does not count the call', async () => {
    const { sandbox, codes } = await openWithToken();
    sandbox.faults.start([
      { ...DOWN, calls: 1 },
      { name: 'error', code: 10001, calls: 1 },
    ]);
    expect(await codes(3)).toEqual([50006, 10001, 0]);
  });

  it('add up where one of them is latency, wherever it stands', async () => {
    const { sandbox, code } = await openWithToken();
    sandbox.faults.start([
      { name: 'latency', ms: 20 },
      { ...DOWN, calls: 1 },
      { name: 'latency', ms: 20 },
    ]);
    const start = performance.now();
    expect(await code()).toBe(50006);
    expect(performance.now() - start).toBeGreaterThan(35);
    expect(sandbox.faults.list().map(({ struck }) => struck)).toEqual([1, 1, 1]);
  });

  it('rest while a fault of your own is set, and count nothing', async () => {
    const { sandbox, codes } = await openWithToken();
    sandbox.faults.start({ ...DOWN, calls: 1 });
    sandbox.setFault((_call, answer) => answer());
    expect(await codes(2)).toEqual([0, 0]);
    sandbox.setFault(undefined);
    expect(await codes(2)).toEqual([50006, 0]);
  });

  it('are at most 100 at once, and 20 that ended', async () => {
    const { now, advance } = stoppedClock();
    const { sandbox } = await openWithToken({ now });
    const some = (count: number) => Array.from({ length: count }, () => ({ ...DOWN, forMs: 1 }));
    sandbox.faults.start(some(100));
    expect(() => sandbox.faults.start(DOWN)).toThrow('Expected at most 100 faults at once, got 101.');
    advance(1);
    sandbox.faults.start(DOWN);
    expect(sandbox.faults.list().filter(({ isOn }) => isOn)).toHaveLength(1);
    expect(sandbox.faults.list()).toHaveLength(21);
  });
});
