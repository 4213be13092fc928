import { isLoopbackAddress } from '../http/callers/caller.ts';
import type { RedisOptions } from '../redis/redis-options.ts';
import { parseRedisUrl } from '../redis/redis-url.ts';
import type { SettingName, Settings } from './settings.ts';

const OF_REDIS = [
  'REDIS_KEY_PREFIX',
  'REDIS_TIMEOUT_MS',
  'CACHE_ENCRYPTION_KEY',
  'REPLICAS_HINT',
] as const satisfies SettingName[];

/** Where several gateways meet; `undefined` for a gateway for itself. Mistakes are added to `mistakes`. */
export function redisConfig(
  values: Settings,
  isSet: (name: SettingName) => boolean,
  mistakes: string[],
): RedisOptions | undefined {
  const { REDIS_URL: url, CACHE_ENCRYPTION_KEY: encryptionKey } = values;
  const idle = isSet('REDIS_URL') ? [] : OF_REDIS.filter(isSet);
  if (idle.length > 0) mistakes.push(`${idle.join(', ')}: set, but REDIS_URL is not. Set it, or remove them.`);
  if (isSet('REDIS_URL') && values.LARK_IDENTITY === 'caller' && !isSet('CACHE_ENCRYPTION_KEY')) {
    mistakes.push(
      'REDIS_URL: with LARK_IDENTITY=caller there is no plugin secret to encrypt with. Set CACHE_ENCRYPTION_KEY or CACHE_ENCRYPTION_KEY_FILE.',
    );
  }
  const { WORKERS: workers = 1, REPLICAS_HINT: replicasHint } = values;
  if (replicasHint !== undefined && replicasHint < workers) {
    mistakes.push(
      `REPLICAS_HINT: expected at least WORKERS (${workers}), got ${replicasHint}: each of them is counted.`,
    );
  }
  if (url === undefined) return undefined;
  return {
    url,
    keyPrefix: values.REDIS_KEY_PREFIX,
    timeoutMs: values.REDIS_TIMEOUT_MS,
    encryptionKey,
    replicasHint,
    leastReplicas: workers,
  };
}

/** A program that reads a password in clear on the network could use up the quota. */
export function hasPasswordInClear(url: string | undefined): boolean {
  const address = url === undefined ? undefined : parseRedisUrl(url);
  if (!address || address.isTls || address.password === undefined) return false;
  return !address.hosts.every(({ host }) => isLoopbackAddress(host));
}
