import { afterEach, describe, expect, it, vi } from 'vitest';
import { directoryOnFakeClock, shown, tokenOf } from '../support/made-up-api.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('fairness', () => {
  it('answers a single lookup behind five operations of 1,000 within two calls', async () => {
    const { directory, calls, keys, pass } = directoryOnFakeClock();
    for (let operation = 0; operation < 5; operation++) {
      void directory.lookup({ kind: 'key', identifiers: keys(1 + operation * 1_000, 1_000) });
    }
    await pass(500);
    const before = calls.length;
    void directory.lookup({ kind: 'key', identifiers: ['k9999'] });
    await pass(500);
    const slot = calls.findIndex(({ query }) => query.identifiers.includes('k9999')) - before;
    expect(slot).toBeGreaterThanOrEqual(0);
    expect(slot).toBeLessThan(2);
  });

  it('lets requests with full lists take turns, too', async () => {
    const { directory, calls, keys, pass } = directoryOnFakeClock();
    void directory.lookup({ kind: 'key', identifiers: keys(1, 1_000) });
    await pass(100);
    void directory.lookup({ kind: 'key', identifiers: keys(5_001, 200) });
    await pass(400);
    const second = calls.flatMap(({ query }) => query.identifiers).filter((id) => Number(id.slice(1)) > 5_000);
    expect(second.length).toBe(200);
  });

  it('lets the lanes of one credential take turns', async () => {
    const { directory, calls, keys, pass } = directoryOnFakeClock();
    void directory.lookup({ kind: 'key', identifiers: keys(1, 1_000) });
    await pass(100);
    const before = calls.length;
    void directory.lookup({ kind: 'email', identifiers: ['p5000@example.com'] });
    void directory.lookup({ kind: 'email', identifiers: ['p5000@example.com'], tenantKey: 't1' });
    await pass(250);
    const kinds = calls.slice(before, before + 3).map(({ query }) => `${query.kind} ${query.tenantKey ?? ''}`);
    expect(kinds.toSorted()).toEqual(['email ', 'email t1', 'key ']);
  });
});

describe('a user that several requests wait for', () => {
  it("leaves with the first of them: a single lookup does not wait for the end of another request's list", async () => {
    const { directory, calls, keys, pass } = directoryOnFakeClock();
    for (let operation = 0; operation < 5; operation++) {
      void directory.lookup({ kind: 'key', identifiers: keys(1 + operation * 1_000, 1_000) });
    }
    await pass(500);
    const before = calls.length;
    void directory.lookup({ kind: 'key', identifiers: ['k5000'] });
    await pass(500);
    expect(calls.slice(before, before + 2).some(({ query }) => query.identifiers.includes('k5000'))).toBe(true);
    await pass(5_000);
    expect(calls.flatMap(({ query }) => query.identifiers).filter((id) => id === 'k5000')).toHaveLength(1);
  });
});

describe('a full queue', () => {
  it('lets in a request within its fair share, and evicts no lookup that it has accepted', async () => {
    const { directory, keys, pass } = directoryOnFakeClock({ queueLimit: 1_000 });
    const list = directory.lookup({ kind: 'key', identifiers: keys(1, 1_000) });
    const single = directory.lookup({ kind: 'key', identifiers: ['k5000'] });
    const half = directory.lookup({ kind: 'key', identifiers: keys(6_000, 330) });
    const greedy = directory.lookup({ kind: 'key', identifiers: keys(8_000, 340) });
    await pass(2_000);
    expect(shown(await single)).toEqual(['k5000']);
    expect(shown([...(await list), ...(await half)])).not.toContain('OVERLOADED');
    // The fourth of four requests: its share is a quarter of the limit.
    expect(new Set(shown(await greedy))).toEqual(new Set(['OVERLOADED']));
  });

  it('never holds more than twice its limit, and for requests beyond the share of their identity not more than one and a half', async () => {
    const { directory, context } = directoryOnFakeClock({ queueLimit: 1_000 });
    const ask = (who: string, first: number, count: number) =>
      void directory.lookup({
        kind: 'key',
        identifiers: Array.from({ length: count }, (_, n) => `k${first + n}`),
        request: context({ userToken: tokenOf(who), timeoutMs: 60_000 }),
      });
    for (let n = 0; n < 40; n++) ask('alice', n * 1_000, Math.floor(1_000 / (n + 1)));
    expect(directory.state().lookupsQueued).toBeGreaterThan(1_000);
    expect(directory.state().lookupsQueued).toBeLessThanOrEqual(1_500);
    for (let n = 0; n < 40; n++) ask(`caller-${n}`, 0, Math.floor(1_000 / (n + 2)));
    expect(directory.state().lookupsQueued).toBeGreaterThan(1_500);
    expect(directory.state().lookupsQueued).toBeLessThanOrEqual(2_000);
    directory.dispose();
  });
});

it('however many tenants are named, a lookup without one waits for a few calls only', async () => {
  const { directory, calls, pass } = directoryOnFakeClock();
  for (let tenant = 0; tenant < 200; tenant++) {
    void directory.lookup({ kind: 'email', identifiers: ['p1@example.com'], tenantKey: `t${tenant}` });
  }
  await pass(2_000);
  const before = calls.length;
  const byKey = directory.lookup({ kind: 'key', identifiers: ['k1'] });
  const byEmail = directory.lookup({ kind: 'email', identifiers: ['p2@example.com'] });
  await pass(500);
  expect(shown([...(await byKey), ...(await byEmail)])).toEqual(['k1', 'k2']);
  const own = calls.findLastIndex(({ query }) => query.tenantKey === undefined);
  expect(own - before).toBeLessThanOrEqual(4);
});

it('a caller that fills the queue does not affect callers with a quota of their own', async () => {
  const { directory, pass, context } = directoryOnFakeClock({ queueLimit: 1_000 });
  const ask = (who: string, key: string) =>
    directory.lookup({ kind: 'key', identifiers: [key], request: context({ userToken: tokenOf(who) }) });
  const flood = Array.from({ length: 1_500 }, (_, n) => ask('alice', `k${n}`));
  const bob = [1, 2, 3].map((n) => ask('bob', `k${n}`));
  await pass(5_000);
  expect(shown((await Promise.all(bob)).flat())).toEqual(['k1', 'k2', 'k3']);
  const refused = shown((await Promise.all(flood)).flat()).filter((code) => code === 'OVERLOADED');
  expect(refused).toHaveLength(500);
});

it('many lanes with little in them do not make a large request look hopeless', async () => {
  const { directory, keys, pass } = directoryOnFakeClock();
  for (let tenant = 0; tenant < 16; tenant++) {
    void directory.lookup({ kind: 'email', identifiers: ['p1@example.com'], tenantKey: `t${tenant}` });
  }
  const large = directory.lookup({ kind: 'key', identifiers: keys(1, 984) });
  await pass(3_000);
  expect(shown(await large)).not.toContain('OVERLOADED');
});
