import { createRequire } from 'node:module';
import type { Cluster, Redis } from 'ioredis';
import type { RedisAddress } from './redis-url.ts';

/** One server, one that Sentinels watch, or a Cluster. */
export type RedisClient = Redis | Cluster;

const RECONNECT = { firstMs: 50, mostMs: 1_000 } as const;
const CONNECT_TIMEOUT_MS = 2_000;
/** How long the other side may take to say goodbye. The end of the process waits for it. */
const DISCONNECT_TIMEOUT_MS = 200;
/** A connection that gives no answer for so long is taken to be dead, though nobody has said so: TCP would wait for a quarter of an hour. */
const DEAD_AFTER_MS = 5_000;

/** Loaded where it is wanted only: a gateway without Redis starts, and lives, without it. */
const loadIoredis = () => createRequire(import.meta.url)('ioredis') as typeof import('ioredis');

/**
 * A client that connects at once, and again for ever. What cannot be sent now is refused now: nothing waits for a server to come
 * back, and nothing is sent a second time.
 */
export function connect(address: RedisAddress, commandTimeoutMs?: number): RedisClient {
  const { kind, isTls, hosts, username, password, db, masterName } = address;
  const ioredis = loadIoredis();
  const retry = (times: number) => Math.min(RECONNECT.firstMs * 2 ** (times - 1), RECONNECT.mostMs);
  const common = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(isTls && { tls: {} }),
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    socketTimeout: DEAD_AFTER_MS,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // Whoever listens subscribes at each 'ready'. What the library sends for them fails unheard, and an unheard failure ends the process.
    autoResubscribe: false,
    ...(commandTimeoutMs !== undefined && { commandTimeout: commandTimeoutMs }),
  };
  if (kind === 'cluster') {
    return new ioredis.Cluster([...hosts], {
      redisOptions: common,
      enableOfflineQueue: false,
      clusterRetryStrategy: retry,
      // A command that has to wait for another node is too late for whoever asked.
      retryDelayOnFailover: 100,
      slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
    });
  }
  const single = {
    ...common,
    ...(db !== undefined && { db }),
    enableOfflineQueue: false,
    retryStrategy: retry,
    reconnectOnError,
  };
  if (kind === 'sentinel') {
    const watched = new ioredis.Redis({
      ...single,
      sentinels: [...hosts],
      // One that is silent must not keep from asking the next.
      sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
      ...(masterName !== undefined && { name: masterName }),
      ...(isTls && { enableTLSForSentinelMode: true }),
    });
    return inItsDatabase(watched);
  }
  const [{ host, port } = { host: '127.0.0.1', port: 6379 }] = hosts;
  return inItsDatabase(new ioredis.Redis({ ...single, host, port }));
}

/** Where its number is refused, the library goes on with database 0, which may be that of somebody else. */
function inItsDatabase(client: Redis): Redis {
  client.on('error', (error: Error & { command?: { name: string } }) => {
    if (error.command?.name !== 'select') return;
    // Its own code is ERR, as for most. This comes before anybody else who listens.
    if (error.message.startsWith('ERR ')) Object.assign(error, { code: 'NODATABASE' });
    client.disconnect(true);
  });
  return client;
}

/** Another server has taken over under the same address, and this one has kept the connection. */
const reconnectOnError = ({ message }: Error) => message.startsWith('READONLY');
