import type { GatewayOptions } from './gateway-options.ts';
import { createRedisState, type RedisStateOptions } from './redis/redis-state.ts';
import type { SharedState } from './shared-state.ts';

/** What a gateway of these options has in common with others through Redis; `undefined` where none is named. */
export function redisStateOf(
  options: GatewayOptions,
  parts: Pick<RedisStateOptions, 'callsPerSecond' | 'clock' | 'telemetry'>,
): SharedState | undefined {
  const { redis, baseUrl, tokenType = 'official', cache = {} } = options;
  if (!redis) return undefined;
  const { ttlMs = 60_000, staleMs = 3_600_000, negativeTtlMs = 5_000 } = cache;
  const isForPlugin = options.identity !== 'caller';
  const { pluginId, pluginSecret, userKey } = isForPlugin ? options : {};
  return createRedisState({
    ...redis,
    ...parts,
    deployment: { baseUrl, pluginId, tokenType, userKey },
    pluginSecret,
    // What one caller may see is kept nowhere but in the memory of the gateway that they asked.
    keepMs: isForPlugin && ttlMs > 0 ? ttlMs + staleMs : 0,
    negativeTtlMs,
    forgetKeptMs: ttlMs + staleMs,
  });
}
