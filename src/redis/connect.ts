import { createRequire } from 'node:module';
import type { Cluster, Redis } from 'ioredis';
import type { RedisAddress } from './redis-url.ts';

/** One server, one that Sentinels watch, or a Cluster. */
export type RedisClient = Redis | Cluster;

const RECONNECT = { firstMs: 50, mostMs: 1_000 } as const;
const CONNECT_TIMEOUT_MS = 2_000;
/** How long the server may take to close the connection. Shutdown waits for it. */
const DISCONNECT_TIMEOUT_MS = 200;
/** A connection without a reply for so long is considered dead, even if it was not closed: TCP would wait for a quarter of an hour. */
const DEAD_AFTER_MS = 5_000;

/** Loaded only where it is needed: a gateway without Redis starts without it. */
const loadIoredis = () => createRequire(import.meta.url)('ioredis') as typeof import('ioredis');

/**
 * A client that connects at once, and reconnects for ever. A command that cannot be sent now fails now: there is no offline queue, and
 * nothing is sent a second time.
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
    // Subscribers subscribe at each 'ready'. An automatic resubscription fails without a handler, and an unhandled rejection ends the process.
    autoResubscribe: false,
    ...(commandTimeoutMs !== undefined && { commandTimeout: commandTimeoutMs }),
  };
  if (kind === 'cluster') {
    return new ioredis.Cluster([...hosts], {
      redisOptions: common,
      enableOfflineQueue: false,
      clusterRetryStrategy: retry,
      // A command that has to wait for another node is too late for its caller.
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
      // A silent Sentinel must not prevent trying the next.
      sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
      ...(masterName !== undefined && { name: masterName }),
      ...(isTls && { enableTLSForSentinelMode: true }),
    });
    return inItsDatabase(watched);
  }
  const [{ host, port } = { host: '127.0.0.1', port: 6379 }] = hosts;
  return inItsDatabase(new ioredis.Redis({ ...single, host, port }));
}

/** Where its number is rejected, the library continues with database 0, which may belong to another application. */
function inItsDatabase(client: Redis): Redis {
  client.on('error', (error: Error & { command?: { name: string } }) => {
    if (error.command?.name !== 'select') return;
    // Its own code is ERR, as for most. This listener runs before all others.
    if (error.message.startsWith('ERR ')) Object.assign(error, { code: 'NODATABASE' });
    client.disconnect(true);
  });
  return client;
}

/** After a failover to another server at the same address, this one has kept the connection. */
const reconnectOnError = ({ message }: Error) => message.startsWith('READONLY');
