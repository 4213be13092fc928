import { setting, wholeNumber } from '../setting.ts';

export const cacheSettings = {
  CACHE_TTL_SECONDS: setting(wholeNumber(0, 86_400), {
    about: 'How long a user is served from the cache; 0 switches the cache off.',
    default: '60',
    value: 'seconds',
  }),
  CACHE_NEGATIVE_TTL_SECONDS: setting(wholeNumber(0, 86_400), {
    about: 'How long it is cached that a user does not exist.',
    default: '5',
    value: 'seconds',
  }),
  CACHE_STALE_SECONDS: setting(wholeNumber(0, 604_800), {
    about: 'How long stale users are served while the user API fails; 0 switches that off.',
    default: '3600',
    value: 'seconds',
  }),
  CACHE_ENTRIES: setting(wholeNumber(1, 1_000_000), {
    about: 'Users in the cache at most; the least recently used are evicted first.',
    default: '50000',
    value: 'number',
  }),
} as const;
