import { randomUUID } from 'node:crypto';
import { loadRateLimiters } from '../policies/caller-limiter.ts';
import type { Clock } from '../policies/clock.ts';
import type { SharedState } from '../shared-state.ts';
import type { Telemetry } from '../telemetry/events.ts';
import { connect, type RedisClient } from './connect.ts';
import { createRedisConnection } from './connection.ts';
import { createEncryption } from './encryption.ts';
import { createRedisForgetChannel } from './forget-channel.ts';
import { createForgetUsers } from './forget-users.ts';
import { createHeartbeat } from './heartbeat.ts';
import { createKeyNames, type Deployment } from './key-names.ts';
import { createNamedTenants } from './named-tenants.ts';
import { createRedisRateLimitStore } from './rate-limit-store.ts';
import type { RedisOptions } from './redis-options.ts';
import { parseRedisUrl } from './redis-url.ts';
import { createRedisTokenStore } from './token-store.ts';
import { createUserEntries } from './user-entries.ts';
import { createRedisUsers } from './users.ts';

export interface RedisStateOptions extends RedisOptions {
  deployment: Deployment;
  pluginSecret: string | undefined;
  callsPerSecond: number;
  /** How long users are kept, in milliseconds; 0 for not at all. */
  keepMs: number;
  negativeTtlMs: number;
  /** How long gateways cache users, in milliseconds: messages to forget users are kept as long. */
  forgetKeptMs: number;
  clock: Clock;
  telemetry: Telemetry;
}

const DEFAULT_PREFIX = 'lark-user-gateway:';
/** How long startup waits for Redis, before it continues without. */
const FIRST_BEAT_MS = 2_000;
const FORGET_KEPT_AT_LEAST_MS = 60_000;

/**
 * The state that gateways share in Redis. Nothing here fails because Redis is away: each part then continues in this process alone.
 * @throws TypeError where the URL is malformed, or there is no secret for encryption.
 */
export function createRedisState(options: RedisStateOptions): SharedState {
  const { deployment, callsPerSecond, keepMs, negativeTtlMs, clock, telemetry } = options;
  const { keyPrefix = DEFAULT_PREFIX, timeoutMs = 20 } = options;
  const address = parseRedisUrl(options.url);
  if (!address)
    throw new TypeError('Expected redis.url to be a URL of Redis, got something else. Set redis://host:6379.');
  const secret = options.encryptionKey ?? options.pluginSecret;
  if (secret === undefined)
    throw new TypeError('Expected redis.encryptionKey, got neither it nor a plugin secret. Set it.');

  const replica = randomUUID();
  const keys = createKeyNames(keyPrefix, deployment);
  const encryptedEntry = createEncryption(secret);
  const client = connect(address);
  let hasBeenUp = false;
  const connection = createRedisConnection({
    client,
    timeoutMs,
    clock,
    telemetry,
    onChange(isUp, outcome) {
      telemetry({ type: 'redis-state', isUp, outcome });
      if (isUp && hasBeenUp) reconnectAll();
      hasBeenUp ||= isUp;
    },
    onRefusing: (isRefusing, outcome) => telemetry({ type: 'redis-state', isUp: !isRefusing, outcome }),
  });
  const forgetKeptMs = Math.max(options.forgetKeptMs, FORGET_KEPT_AT_LEAST_MS);
  const heartbeat = createHeartbeat({ connection, keys, keepMs: forgetKeptMs, replica, clock });
  const replicas = () => options.replicasHint ?? Math.max(heartbeat.replicas() ?? 1, options.leastReplicas ?? 1);
  const tenants = createNamedTenants({ connection, keys, encryptedEntry, heartbeat, keepMs: forgetKeptMs });
  const entries = createUserEntries(encryptedEntry, keys, tenants);
  const users =
    keepMs > 0
      ? createRedisUsers({ connection, entries, tenants, heartbeat, clock, keepMs, negativeTtlMs })
      : undefined;
  let isClosed = false;
  const others: RedisClient[] = [];
  /** A connection for one purpose. */
  const connectMore = (commandTimeoutMs?: number) => {
    const more = connect(address, commandTimeoutMs);
    more.on('error', () => {});
    others.push(more);
    return more;
  };

  return {
    ready: firstBeat(),
    rateLimitStoreOf: (identity) =>
      createRedisRateLimitStore({ connection, keys: keys.quota(identity), callsPerSecond, replica, replicas, clock }),
    tokenStore: createRedisTokenStore({ connection, keys, encryptedEntry, heartbeat, clock }),
    users,
    forgetChannel: createRedisForgetChannel({
      connection,
      subscriber: connectMore(),
      keys,
      encryptedEntry,
      heartbeat,
      users: createForgetUsers(connection, entries, tenants),
      written: async () => users?.written(),
      replica,
      keepMs: forgetKeptMs,
      clock,
    }),
    limiter(points, windowSeconds) {
      const { RateLimiterMemory, RateLimiterRedis } = loadRateLimiters();
      return new RateLimiterRedis({
        // It has no timeout of its own.
        storeClient: connectMore(timeoutMs),
        keyPrefix: keys.callers,
        points,
        duration: windowSeconds,
        rejectIfRedisNotReady: true,
        insuranceLimiter: new RateLimiterMemory({ points, duration: windowSeconds }),
      });
    },
    state: () => ({
      isUp: connection.upSince() !== undefined && !connection.isRefusing(),
      replicas: heartbeat.replicas(),
    }),
    async close() {
      isClosed = true;
      await heartbeat.stop();
      for (const other of others) other.disconnect();
      connection.close();
    },
  };

  /** Another server may have come back. A subscriber of the old one would receive nothing any more. */
  function reconnectAll(): void {
    for (const other of others) if (other.status === 'ready') other.disconnect(true);
  }

  async function firstBeat(): Promise<void> {
    await Promise.race([heartbeat.first, after(FIRST_BEAT_MS)]);
    if (!isClosed && connection.upSince() === undefined) {
      telemetry({ type: 'redis-state', isUp: false, outcome: connection.lastCode() });
    }
  }
}

const after = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms).unref());
