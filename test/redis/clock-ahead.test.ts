import { expect, it } from 'vitest';
import { createBatchKey } from '../../src/directory/lookup.ts';
import { createEncryption } from '../../src/redis/encryption.ts';
import { createKeyNames } from '../../src/redis/key-names.ts';
import { createUserEntries } from '../../src/redis/user-entries.ts';
import { createRedisUsers } from '../../src/redis/users.ts';
import { startRedis } from '../support/redis-server.ts';

const subject = createBatchKey('plugin', 'key');
const HOUR_MS = 3_600_000;

it('a user written while the clock of the server was ahead is ignored: it would be newer than all later results', async () => {
  const { client } = await startRedis();
  const names = { baseUrl: 'http://a', pluginId: 'b', tokenType: 'official', userKey: undefined } as const;
  const tenants = { mark: () => undefined, add: async () => {}, all: async () => [] };
  const peopleAt = (aheadMs: number) =>
    createRedisUsers({
      connection: {
        run: (_kind, command) => command(client),
        upSince: () => 0,
        isRefusing: () => false,
        lastCode: () => undefined,
        noteBeat() {},
        close() {},
      },
      entries: createUserEntries(createEncryption('secret'), createKeyNames('test:', names), tenants),
      tenants,
      heartbeat: {
        replicas: () => 1,
        serverTimeAt: (at) => at + aheadMs,
        localTimeAt: (at) => at - aheadMs,
        countedSince: () => 0,
        mark: () => undefined,
        completeSince: () => -1,
        tenantsMark: () => undefined,
        first: Promise.resolve(),
        stop: async () => {},
      },
      clock: () => 1_000,
      keepMs: 2 * HOUR_MS,
      negativeTtlMs: 5_000,
    });
  peopleAt(HOUR_MS).set(subject, '1', null, 0);
  await expect.poll(() => client.dbsize()).toBe(1);
  expect((await peopleAt(HOUR_MS).find(subject, ['1'])).size).toBe(1);
  expect((await peopleAt(0).find(subject, ['1'])).size).toBe(0);
});
