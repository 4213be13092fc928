import { randomUUID } from 'node:crypto';
import type { Clock } from '../policies/clock.ts';
import type { PluginTokenLife, TokenStore } from '../upstream/plugin-token.ts';
import type { RedisConnection } from './connection.ts';
import type { Encryption } from './encryption.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { KeyNames } from './key-names.ts';
import { runScript, UNLOCK } from './scripts.ts';
import { FETCHED_AT_BYTES, setNewest } from './set-newest.ts';

export interface RedisTokenStoreOptions {
  connection: RedisConnection;
  keys: KeyNames;
  encryptedEntry: Encryption;
  heartbeat: Heartbeat;
  clock: Clock;
}

/** The plugin token of all gateways, in Redis: encrypted, so that read access to Redis is not enough to use it. */
export function createRedisTokenStore(options: RedisTokenStoreOptions): TokenStore {
  const { connection, keys, encryptedEntry, heartbeat, clock } = options;
  const entry = encryptedEntry('plugin token');

  return {
    async read() {
      const encrypted = await connection.run('token', (client) => client.getBuffer(keys.token));
      const plain = encrypted ? entry.decrypt(encrypted.subarray(FETCHED_AT_BYTES)) : undefined;
      // What was encrypted with another secret is replaced.
      if (!plain) return undefined;
      const kept = JSON.parse(plain.toString()) as PluginTokenLife;
      return onClock(kept, heartbeat.localTimeAt);
    },
    async write(life) {
      const kept = onClock(life, heartbeat.serverTimeAt);
      if (!kept) return;
      const encrypted = entry.encrypt(Buffer.from(JSON.stringify(kept)));
      const keepMs = Math.max(1, Math.floor(life.endsAt - clock()));
      const value = { redisKey: keys.token, encrypted, fetchedAt: kept.startedAt, keepMs };
      await connection.run('token', (client) => setNewest(client, [value]));
    },
    async lock(forMs) {
      const owner = randomUUID();
      const answer = await connection.run('token', (client) => client.set(keys.tokenLock, owner, 'PX', forMs, 'NX'));
      if (answer !== 'OK') return undefined;
      return async () => {
        await connection.run('token', (client) => runScript(client, UNLOCK, [keys.tokenLock], [owner]));
      };
    },
  };
}

/** The same, with its moments on another clock; `undefined` where that is not known yet. */
function onClock(
  { token, startedAt, endsAt, renewAt }: PluginTokenLife,
  translate: (at: number) => number | undefined,
): PluginTokenLife | undefined {
  const [start, end, renewal] = [startedAt, endsAt, renewAt].map(translate);
  if (start === undefined || end === undefined || renewal === undefined) return undefined;
  return { token, startedAt: start, endsAt: end, renewAt: renewal };
}
