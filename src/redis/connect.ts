import { createRequire } from 'node:module';
import type { Cluster, Redis } from 'ioredis';
import type { RedisAddress } from './redis-url.ts';

/** One server, one that Sentinels watch, or a Cluster. */
export type RedisClient = Redis | Cluster;

export interface ConnectionLimits {
  /** How long a command may take, in milliseconds. @default for ever */
  readonly commandTimeoutMs?: number | undefined;
  /**
   * After so long without a word from the server there is a new connection, in milliseconds: what waits for an answer would be
   * kept for ever. Not for a Cluster, where some nodes are rarely asked. @default never
   */
  readonly silenceMs?: number | undefined;
}

const RECONNECT = { firstMs: 50, mostMs: 1_000 } as const;
const CONNECT_TIMEOUT_MS = 2_000;

/** Loaded where it is wanted only: a gateway without Redis starts, and lives, without it. */
const loadIoredis = () => createRequire(import.meta.url)('ioredis') as typeof import('ioredis');

/**
 * A client that connects at once, and again for ever. What cannot be sent now is refused now: nothing waits for a server to come
 * back, and nothing is sent a second time.
 */
export function connect(address: RedisAddress, limits: ConnectionLimits = {}): RedisClient {
  const { kind, isTls, hosts, username, password, db, masterName } = address;
  const ioredis = loadIoredis();
  const retry = (times: number) => Math.min(RECONNECT.firstMs * 2 ** (times - 1), RECONNECT.mostMs);
  const common = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(isTls && { tls: {} }),
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    ...(limits.commandTimeoutMs !== undefined && { commandTimeout: limits.commandTimeoutMs }),
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
  const { silenceMs } = limits;
  const single = {
    ...common,
    ...(silenceMs !== undefined && { socketTimeout: silenceMs }),
    ...(db !== undefined && { db }),
    enableOfflineQueue: false,
    retryStrategy: retry,
  };
  if (kind === 'sentinel') {
    return new ioredis.Redis({
      ...single,
      sentinels: [...hosts],
      ...(masterName !== undefined && { name: masterName }),
      ...(isTls && { enableTLSForSentinelMode: true }),
    });
  }
  const [{ host, port } = { host: '127.0.0.1', port: 6379 }] = hosts;
  return new ioredis.Redis({ ...single, host, port });
}
