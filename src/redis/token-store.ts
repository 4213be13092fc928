import { randomUUID } from 'node:crypto';
import type { Clock } from '../policies/clock.ts';
import type { TokenStore } from '../upstream/token-store.ts';
import type { RedisConnection } from './connection.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { KeyNames } from './key-names.ts';
import { runScript, UNLOCK } from './scripts.ts';
import type { Seal } from './seal.ts';

export interface RedisTokenStoreOptions {
  connection: RedisConnection;
  keys: KeyNames;
  seal: Seal;
  heartbeat: Heartbeat;
  clock: Clock;
}

/** The plugin token of all gateways, in Redis: sealed, so that whoever can read Redis cannot use it. */
export function createRedisTokenStore(options: RedisTokenStoreOptions): TokenStore {
  const { connection, keys, seal, heartbeat, clock } = options;
  const entry = seal('plugin token');

  return {
    async read() {
      const sealed = await connection.run('token', (client) => client.getBuffer(keys.token));
      const plain = sealed ? entry.open(sealed) : undefined;
      // What another secret has sealed is none of ours, and is replaced.
      if (!plain) return undefined;
      const { token, endsAt, renewAt } = JSON.parse(plain.toString()) as Kept;
      const [end, renewal] = [heartbeat.localTimeAt(endsAt), heartbeat.localTimeAt(renewAt)];
      return end === undefined || renewal === undefined ? undefined : { token, endsAt: end, renewAt: renewal };
    },
    async write({ token, endsAt, renewAt }) {
      const [end, renewal] = [heartbeat.serverTimeAt(endsAt), heartbeat.serverTimeAt(renewAt)];
      const now = heartbeat.serverTimeAt(clock());
      if (end === undefined || renewal === undefined || now === undefined) return;
      const kept: Kept = { token, endsAt: end, renewAt: renewal };
      const sealed = entry.seal(Buffer.from(JSON.stringify(kept)));
      await connection.run('token', (client) =>
        client.set(keys.token, sealed, 'PX', Math.max(1, Math.floor(end - now))),
      );
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

/** Times on the clock of the server. */
interface Kept {
  readonly token: string;
  readonly endsAt: number;
  readonly renewAt: number;
}
