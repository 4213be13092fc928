import { randomUUID } from 'node:crypto';
import { loadRateLimiters } from '../policies/caller-limiter.ts';
import type { Clock } from '../policies/clock.ts';
import type { SharedState } from '../shared-state.ts';
import type { Telemetry } from '../telemetry/events.ts';
import { connect, type RedisClient } from './connect.ts';
import { createRedisConnection } from './connection.ts';
import { createRedisForgetChannel } from './forget-channel.ts';
import { createForgetPeople } from './forget-people.ts';
import { createHeartbeat } from './heartbeat.ts';
import { createKeyNames, type Deployment } from './key-names.ts';
import { createNamedTenants } from './named-tenants.ts';
import { createRedisPeople } from './people.ts';
import { createPersonEntries } from './person-entries.ts';
import { createRedisRateLimitStore } from './rate-limit-store.ts';
import type { RedisOptions } from './redis-options.ts';
import { parseRedisUrl } from './redis-url.ts';
import { createSeal } from './seal.ts';
import { createRedisTokenStore } from './token-store.ts';

export interface RedisStateOptions extends RedisOptions {
  deployment: Deployment;
  pluginSecret: string | undefined;
  callsPerSecond: number;
  /** How long people are kept, in milliseconds; 0 for not at all. */
  keepMs: number;
  negativeTtlMs: number;
  /** How long gateways remember people, in milliseconds: so long they are told whom to forget. */
  forgetKeptMs: number;
  clock: Clock;
  telemetry: Telemetry;
}

const DEFAULT_PREFIX = 'lark-user-gateway:';
/** So long the start waits for Redis, before it goes on without. */
const FIRST_BEAT_MS = 2_000;
const FORGET_KEPT_AT_LEAST_MS = 60_000;

/**
 * What gateways have in common, in Redis. Nothing here fails because Redis is away: each part goes on as if it were the gateway's
 * own.
 * @throws TypeError where the address is none, or there is nothing to encrypt with.
 */
export function createRedisState(options: RedisStateOptions): SharedState {
  const { deployment, callsPerSecond, keepMs, negativeTtlMs, clock, telemetry } = options;
  const { keyPrefix = DEFAULT_PREFIX, timeoutMs = 20 } = options;
  const address = parseRedisUrl(options.url);
  if (!address) throw new TypeError('Expected redis.url to be the address of a Redis: redis://host:6379.');
  const secret = options.encryptionKey ?? options.pluginSecret;
  if (secret === undefined) throw new TypeError('Expected redis.encryptionKey, since there is no plugin secret.');

  const replica = randomUUID();
  const keys = createKeyNames(keyPrefix, deployment);
  const seal = createSeal(secret);
  const client = connect(address);
  let hasBeenUp = false;
  const connection = createRedisConnection({
    client,
    timeoutMs,
    clock,
    telemetry,
    onChange(isUp, outcome) {
      telemetry({ type: 'redis-state', isUp, outcome });
      if (isUp && hasBeenUp) beginAnew();
      hasBeenUp ||= isUp;
    },
    onRefusing: (isRefusing, outcome) => telemetry({ type: 'redis-state', isUp: !isRefusing, outcome }),
  });
  const forgetKeptMs = Math.max(options.forgetKeptMs, FORGET_KEPT_AT_LEAST_MS);
  const heartbeat = createHeartbeat({ connection, keys, keepMs: forgetKeptMs, replica, clock });
  const replicas = () => options.replicasHint ?? Math.max(heartbeat.replicas() ?? 1, options.leastReplicas ?? 1);
  const tenants = createNamedTenants({ connection, keys, seal, heartbeat, keepMs: forgetKeptMs });
  const entries = createPersonEntries(seal, keys, tenants);
  const people =
    keepMs > 0
      ? createRedisPeople({ connection, entries, tenants, heartbeat, clock, keepMs, negativeTtlMs })
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
    tokenStore: createRedisTokenStore({ connection, keys, seal, heartbeat, clock }),
    people,
    forgetChannel: createRedisForgetChannel({
      connection,
      subscriber: connectMore(),
      keys,
      seal,
      heartbeat,
      people: createForgetPeople(connection, entries, tenants),
      written: async () => people?.written(),
      replica,
      keepMs: forgetKeptMs,
      clock,
    }),
    limiter(points, windowSeconds) {
      const { RateLimiterMemory, RateLimiterRedis } = loadRateLimiters();
      return new RateLimiterRedis({
        // It has no timeout, so its client has.
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

  /** What is back may be another server. Whoever listens to the old one would never hear anything again. */
  function beginAnew(): void {
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
