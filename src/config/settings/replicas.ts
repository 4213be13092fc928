import { z } from 'zod';
import { parseRedisUrl } from '../../redis/redis-url.ts';
import { setting, wholeNumber } from '../setting.ts';

export const replicaSettings = {
  REDIS_URL: setting(
    z.string().refine((text) => parseRedisUrl(text) !== undefined, {
      // Not repeated: it may hold a password.
      error:
        'expected the address of a Redis or Valkey: redis://host:6379, rediss://… with TLS, redis+sentinel://host:26379,host:26379/name or redis+cluster://host:6379,host:6379',
    }),
    {
      about:
        'Redis or Valkey, where several gateways share the quota of the user API, the plugin token, cached users, and the limits of callers: redis://user:password@host:6379/0; rediss://… with TLS; redis+sentinel://host:26379,host:26379/name; redis+cluster://host:6379,host:6379. Without it, each gateway is for itself.',
      value: 'url',
      isSecret: true,
    },
  ),
  REDIS_KEY_PREFIX: setting(
    z.string().regex(/^[\w:.-]{1,64}$/, {
      error: 'expected up to 64 letters, digits, "-", "_", "." and ":"',
    }),
    { about: 'Begins every key in Redis.', default: 'lark-user-gateway:', value: 'text' },
  ),
  REDIS_TIMEOUT_MS: setting(wholeNumber(1, 10_000), {
    about: 'How long Redis may take for a command before it is done without.',
    default: '20',
    value: 'ms',
  }),
  CACHE_ENCRYPTION_KEY: setting(
    z.string().refine((text) => text.length >= 32, { error: 'expected at least 32 characters' }),
    {
      about:
        'With REDIS_URL: what users and the token are encrypted with in Redis, at least 32 characters, the same for all gateways. Without it, the plugin secret.',
      value: 'text',
      isSecret: true,
    },
  ),
  REPLICAS_HINT: setting(wholeNumber(1, 1_000), {
    about:
      'With REDIS_URL: how many gateways there are, each of WORKERS counted. While Redis is away each keeps its share of the quota. Without it, as many as there were before.',
    value: 'number',
  }),
} as const;
