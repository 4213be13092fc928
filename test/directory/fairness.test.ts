import { afterEach, describe, expect, it, vi } from 'vitest';
import { directoryOnFakeClock, shown, tokenOf } from '../support/made-up-api.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('fairness', () => {
  it('answers a single look-up behind five operations of 1,000 within two slots', async () => {
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

describe('a person whom several wait for', () => {
  it("leaves in the turn of whoever comes first: a single look-up does not wait for the end of somebody else's list", async () => {
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

  it('is not shed from the queue where one of them waits for no more people than the newcomer', async () => {
    const { directory, keys, pass } = directoryOnFakeClock({ queueLimit: 1_000 });
    const list = directory.lookup({ kind: 'key', identifiers: keys(1, 1_000) });
    const one = directory.lookup({ kind: 'key', identifiers: ['k1000'] });
    const newcomer = directory.lookup({ kind: 'key', identifiers: ['k5000'] });
    await pass(2_000);
    expect(shown([...(await one), ...(await newcomer)])).toEqual(['k1000', 'k5000']);
    // Somebody else of the list is.
    expect(shown(await list).filter((code) => code === 'OVERLOADED')).toHaveLength(1);
    expect(shown(await list).at(-1)).toBe('k1000');
  });

  it('is shed for all of them where all have more waiting: asking twice keeps out nobody', async () => {
    const { directory, keys, pass } = directoryOnFakeClock({ queueLimit: 1_000 });
    const lists = [1, 2].map(() => directory.lookup({ kind: 'key', identifiers: keys(1, 1_000) }));
    const newcomer = directory.lookup({ kind: 'key', identifiers: ['k5000'] });
    await pass(2_000);
    expect(shown(await newcomer)).toEqual(['k5000']);
    for (const list of lists) expect(shown(await list).filter((code) => code === 'OVERLOADED')).toHaveLength(1);
  });

  it('is shed also where who came first has hung up', async () => {
    const { directory, keys, pass, ticket } = directoryOnFakeClock({ queueLimit: 1_000 });
    const hangUp = new AbortController();
    void directory.lookup({ kind: 'key', identifiers: keys(1, 1_000), ticket: ticket({ signal: hangUp.signal }) });
    void directory.lookup({ kind: 'key', identifiers: keys(1, 1_000) });
    hangUp.abort();
    const newcomer = directory.lookup({ kind: 'key', identifiers: ['k5000'] });
    await pass(2_000);
    expect(shown(await newcomer)).toEqual(['k5000']);
  });
});

it('however many tenants are named, whoever names none waits for a few calls only', async () => {
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

it('a caller who fills the queue keeps out nobody who has a quota of their own', async () => {
  const { directory, pass, ticket } = directoryOnFakeClock({ queueLimit: 1_000 });
  const ask = (who: string, key: string) =>
    directory.lookup({ kind: 'key', identifiers: [key], ticket: ticket({ userToken: tokenOf(who) }) });
  const flood = Array.from({ length: 1_500 }, (_, n) => ask('alice', `k${n}`));
  const bob = [1, 2, 3].map((n) => ask('bob', `k${n}`));
  await pass(5_000);
  expect(shown((await Promise.all(bob)).flat())).toEqual(['k1', 'k2', 'k3']);
  const refused = shown((await Promise.all(flood)).flat()).filter((code) => code === 'OVERLOADED');
  // What was over the limit, and who made room for others.
  expect(refused).toHaveLength(503);
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
