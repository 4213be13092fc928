/** The gateway's defaults, for the caches of the others. */
export const CACHE_TTL_SECONDS = 60;
/** Users in the gateway; of the others, whatever one entry of their cache is. */
export const CACHE_ENTRIES = 50_000;
export const isCacheOn = process.env.CACHE === 'on';
