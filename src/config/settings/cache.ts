import { setting, wholeNumber } from '../setting.ts';

export const cacheSettings = {
  CACHE_TTL_SECONDS: setting(wholeNumber(0, 86_400), {
    about: 'How long a person is served from memory; 0 switches the cache off.',
    default: '60',
    value: 'seconds',
  }),
  CACHE_NEGATIVE_TTL_SECONDS: setting(wholeNumber(0, 86_400), {
    about: '"There is no such person" is remembered for so long.',
    default: '5',
    value: 'seconds',
  }),
  CACHE_STALE_SECONDS: setting(wholeNumber(0, 604_800), {
    about:
      'How long beyond their time people are kept, to be served while the user API is in trouble; 0 for not at all.',
    default: '3600',
    value: 'seconds',
  }),
  CACHE_ENTRIES: setting(wholeNumber(1, 1_000_000), {
    about: 'People kept in memory at most; the longest unused go first.',
    default: '50000',
    value: 'number',
  }),
} as const;
