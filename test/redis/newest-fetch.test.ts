import { describe, expect, it } from 'vitest';
import type { Gateway } from '../../src/gateway.ts';
import type { LookupKind } from '../../src/lookup-kinds.ts';
import { createEncryption } from '../../src/redis/encryption.ts';
import { createKeyNames } from '../../src/redis/key-names.ts';
import { createRedisTokenStore } from '../../src/redis/token-store.ts';
import { gatewaysWithRedis, peopleKeys } from '../support/gateways-with-redis.ts';
import { startRedis } from '../support/redis-server.ts';
import { errorReply, peopleReply } from '../support/wire-replies.ts';

const NOT_FOUND = errorReply(404, 30006);
const EMAIL = 'user@example.com';
const user = (user_key: string, name_en: string) =>
  peopleReply([{ user_key, out_id: `on_${user_key}`, email: EMAIL, name_en }]);

async function lookup(gateway: Gateway | undefined, kind: LookupKind, identifier: string) {
  const [result] = (await gateway?.directory.lookup({ kind, identifiers: [identifier] })) ?? [];
  return result && 'key' in result ? { key: result.key, nameEn: result.nameEn } : result;
}

describe('in Redis the newest fetch wins, whichever answer arrives last', () => {
  it.each([
    ['an older "not found" leaves a newer user', 'key', '1', NOT_FOUND, user('1', 'new'), { key: '1', nameEn: 'new' }],
    ['an older user leaves a newer one', 'key', '1', user('1', 'old'), user('1', 'new'), { key: '1', nameEn: 'new' }],
    ['an older user leaves a newer "not found"', 'key', '1', user('1', 'old'), NOT_FOUND, null],
    [
      'an older "not found" leaves a newer e-mail address',
      'email',
      EMAIL,
      NOT_FOUND,
      user('1', 'new'),
      { key: '1', nameEn: 'new' },
    ],
    [
      'the former user of an e-mail address leaves the new one',
      'email',
      EMAIL,
      user('1', 'old'),
      user('2', 'new'),
      { key: '2', nameEn: 'new' },
    ],
  ] as const)('%s', async (_title, kind, identifier, older, newer, expected) => {
    const { gateways, sandbox, events, upstreamCalls } = await gatewaysWithRedis({ count: 3 });
    const [slow, quick, third] = gateways;
    const writes = () =>
      events.filter(
        (event) => event.type === 'redis-command' && event.command === 'cache-write' && event.outcome === 'ok',
      ).length;
    let answerOlder = () => {};
    const held = new Promise<void>((resolve) => {
      answerOlder = resolve;
    });
    let calls = 0;
    sandbox.setFault(async (call, answer) => {
      if (call.interface !== 'user_query') return answer();
      if (++calls > 1) return newer;
      await held;
      return older;
    });
    const first = lookup(slow, kind, identifier);
    await expect.poll(() => calls).toBe(1);
    await lookup(quick, kind, identifier);
    await expect.poll(writes).toBe(1);
    answerOlder();
    await first;
    await expect.poll(writes).toBe(2);
    expect(await lookup(third, kind, identifier)).toEqual(expected);
    expect(upstreamCalls()).toHaveLength(2);
  });

  it('"not found" removes an older user, also where it is not cached', async () => {
    const { gateways, redis, sandbox } = await gatewaysWithRedis({
      gateway: { cache: { ttlMs: 100, negativeTtlMs: 0 } },
    });
    const key = sandbox.people.find(({ out_id }) => out_id)?.user_key ?? '';
    await lookup(gateways[0], 'key', key);
    await expect.poll(() => peopleKeys(redis)).toHaveLength(2);
    sandbox.faults.start({ name: 'rows-missing' });
    await expect.poll(() => lookup(gateways[0], 'key', key)).toBeNull();
    // What the out id leads to is not there any more.
    await expect.poll(() => peopleKeys(redis)).toHaveLength(1);
  });

  it('an older plugin token leaves a newer one', async () => {
    const { client } = await startRedis();
    let now = 0;
    const store = createRedisTokenStore({
      connection: {
        run: (_kind, command) => command(client),
        upSince: () => 0,
        isRefusing: () => false,
        lastCode: () => undefined,
        noteBeat() {},
        close() {},
      },
      keys: createKeyNames('test:', { baseUrl: 'http://a', pluginId: 'b', tokenType: 'official', userKey: undefined }),
      encryptedEntry: createEncryption('secret'),
      heartbeat: {
        replicas: () => 1,
        serverTimeAt: (at) => at,
        localTimeAt: (at) => at,
        countedSince: () => 0,
        mark: () => undefined,
        completeSince: () => -1,
        tenantsMark: () => undefined,
        first: Promise.resolve(),
        stop: async () => {},
      },
      clock: () => now,
    });
    const life = (token: string, startedAt: number) => ({ token, startedAt, endsAt: 60_000, renewAt: 30_000 });
    now = 2_000;
    await store.write(life('newer', 1_500));
    await store.write(life('older', 500));
    expect(await store.read()).toMatchObject({ token: 'newer', startedAt: 1_500 });
    await store.write(life('newest', 2_000));
    expect(await store.read()).toMatchObject({ token: 'newest' });
  });
});
