import { afterEach, describe, expect, it, vi } from 'vitest';
import { decodeUser, type LarkUser } from '../../src/upstream/lark-user.ts';
import { directoryOnFakeClock } from '../support/made-up-api.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** Makes k1 popular, and waits until their time is nearly over. */
async function popularPerson() {
  const harness = directoryOnFakeClock({ cache: { ttlMs: 60_000 } });
  const ask = (key = 'k1') => harness.directory.lookup({ kind: 'key', identifiers: [key] });
  for (let times = 0; times < 3; times++) {
    void ask();
    await harness.pass(50);
  }
  await harness.pass(50_000);
  return { ...harness, ask };
}

describe('refresh ahead', () => {
  it('refreshes a hot user before the TTL ends, so that no request waits', async () => {
    const { ask, calls, pass } = await popularPerson();
    expect((await ask())[0]).toMatchObject({ key: 'k1' });
    await pass(100);
    expect(calls).toHaveLength(2);
    await pass(40_000);
    // 90 s after the first call, 40 s after the second: still in memory, though the first answer would not be.
    expect((await ask())[0]).toMatchObject({ key: 'k1' });
    expect(calls).toHaveLength(2);
  });

  it('refreshes a user that is hot by e-mail by e-mail: only that shows whether the address still finds the user', async () => {
    const row = decodeUser({ user_key: 'k1', email: 'p1@example.com' }) as LarkUser;
    const state = { isLinked: true };
    const { directory, calls, pass } = directoryOnFakeClock({
      answer: ({ kind }) => ({ people: kind === 'email' && !state.isLinked ? [] : [row], malformedRows: 0 }),
    });
    const ask = async () => {
      const looked = directory.lookup({ kind: 'email', identifiers: ['p1@example.com'] });
      await pass(30);
      return (await looked)[0];
    };
    for (let seconds = 0; seconds < 70; seconds += 5) {
      expect(await ask()).toMatchObject({ key: 'k1' });
      await pass(4_970);
    }
    expect(calls.map(({ query }) => query.kind)).toEqual(['email', 'email']);
    state.isLinked = false;
    await pass(55_000);
    expect(await ask()).toBeNull();
  });

  it('does not bring back who is forgotten while others are asked whether they know them', async () => {
    const { directory, calls, pass } = directoryOnFakeClock({
      cache: { ttlMs: 10_000 },
      sharedUsers: {
        keptMs: 10_000,
        async find() {
          await new Promise((resolve) => setTimeout(resolve, 20));
          return new Map();
        },
        set() {},
      },
    });
    const ask = () => void directory.lookup({ kind: 'key', identifiers: ['k1'] });
    for (let times = 0; times < 3; times++) {
      ask();
      await pass(100);
    }
    await pass(8_500);
    ask();
    directory.forget({ kind: 'key', identifier: 'k1' });
    await pass(1_000);
    expect(calls).toHaveLength(1);
    expect(directory.state().cacheEntries).toBe(0);
  });

  it('does not refresh users that are not requested', async () => {
    const { calls, pass } = await popularPerson();
    await pass(100_000);
    expect(calls).toHaveLength(1);
  });

  it('joins a batch with room, and takes no call while lookups wait', async () => {
    const { ask, calls, keys, pass, directory } = await popularPerson();
    void directory.lookup({ kind: 'key', identifiers: keys(1_000, 350) });
    void ask();
    await pass(1_000);
    expect(calls.slice(1).map(({ query }) => query.identifiers.length)).toEqual([100, 100, 100, 51]);
    expect(calls[4]?.query.identifiers).toContain('k1');
  });

  it('does not refresh a user that is in flight by now', async () => {
    const { ask, calls, keys, pass, directory, context } = await popularPerson();
    void directory.lookup({ kind: 'outId', identifiers: keys(1, 1_000) });
    await pass(700);
    await ask();
    void directory.lookup({ kind: 'key', identifiers: ['k1'], request: context({ bypassCache: true }) });
    await pass(2_000);
    expect(calls.filter(({ query }) => query.kind === 'key').map(({ query }) => query.identifiers)).toEqual([
      ['k1'],
      ['k1'],
    ]);
  });

  it('takes no call of its own while more than half of the quota is in use', async () => {
    const { ask, calls, keys, pass, directory } = await popularPerson();
    void directory.lookup({ kind: 'outId', identifiers: keys(1, 1_000) });
    await pass(700);
    const before = calls.length;
    await ask();
    await pass(200);
    expect(calls.slice(before).every(({ query }) => query.kind === 'outId')).toBe(true);
  });
});
