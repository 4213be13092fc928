import { expect, it } from 'vitest';
import type { PluginTokenLife, TokenStore } from '../../src/upstream/plugin-token.ts';
import { getSharedToken } from '../../src/upstream/plugin-token.ts';

const life = (token: string): PluginTokenLife => ({ token, startedAt: 0, endsAt: 1_000, renewAt: 900 });

/** A store in which another process gets the token while this one waits, and that does not answer some of the reads and writes. */
function processWith({ silentReads = 0, silentWrites = 0, isLockedByOther = true }) {
  let kept: PluginTokenLife | undefined;
  const [seen, asked] = [{ reads: 0, writes: 0 }, [] as string[]];
  const store: TokenStore = {
    async read() {
      if (++seen.reads <= silentReads) throw new Error('silent');
      if (isLockedByOther && seen.reads > 4) kept = life('theirs');
      return kept;
    },
    async write(written) {
      if (++seen.writes <= silentWrites) throw new Error('silent');
      kept = written;
    },
    lock: async () => (isLockedByOther ? undefined : async () => {}),
  };
  const fetchToken = async () => {
    asked.push('own');
    return life('own');
  };
  const options = { store, fetchToken, timeoutMs: 3_000, isRefused: () => false, clock: () => 0 };
  const get = async () => (await getSharedToken(options, new AbortController().signal)).token;
  return { get, asked, kept: () => kept?.token };
}

it('a store that misses two questions is asked again, and the token that another gets is taken', async () => {
  const { get, asked } = processWith({ silentReads: 2 });
  expect(await get()).toBe('theirs');
  expect(asked).toEqual([]);
});

it('where it misses three in a row, each asks for itself', async () => {
  const { get } = processWith({ silentReads: 3 });
  expect(await get()).toBe('own');
});

it('a token that could not be kept at first is kept all the same: nobody else has to ask', async () => {
  const { get, kept } = processWith({ silentWrites: 2, isLockedByOther: false });
  expect(await get()).toBe('own');
  expect(kept()).toBe('own');
});

it('a token that is refused while it is looked up is not taken from the store', async () => {
  const refused = new Set<string>();
  const written: string[] = [];
  const store: TokenStore = {
    async read() {
      refused.add('theirs');
      return life('theirs');
    },
    async write({ token }) {
      written.push(token);
    },
    lock: async () => async () => {},
  };
  const isRefused = (token: string) => refused.has(token);
  const options = { store, fetchToken: async () => life('own'), timeoutMs: 3_000, isRefused, clock: () => 0 };
  expect((await getSharedToken(options, new AbortController().signal)).token).toBe('own');
  expect(written).toEqual(['own']);
});
