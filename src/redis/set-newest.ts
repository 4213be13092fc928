import type { RedisClient } from './connect.ts';
import { NOW, runScript, script } from './scripts.ts';

/** Digits before an encrypted value: when it was fetched, in microseconds. */
export const FETCHED_AT_BYTES = 16;

/**
 * Sets values, except where a newer one exists: one that was fetched later. A time ahead of the clock is ignored: the clock was put back.
 * KEYS: the entries. ARGV: how far ahead a time may be; and for each entry when its value was fetched, the value, how long to keep it.
 */
const SET_NEWEST = script(`${NOW}
local latest = now + tonumber(ARGV[1])
for n = 1, #KEYS do
  local fetchedAt, value, keepMs = tonumber(ARGV[3 * n - 1]), ARGV[3 * n], ARGV[3 * n + 1]
  local known = redis.pcall('GETRANGE', KEYS[n], 0, ${FETCHED_AT_BYTES - 1})
  known = type(known) == 'string' and #known == ${FETCHED_AT_BYTES} and string.match(known, '^%d+$')
  known = known and tonumber(known) or 0
  if known <= fetchedAt or known > latest then
    redis.call('SET', KEYS[n], string.format('%0${FETCHED_AT_BYTES}.0f', fetchedAt) .. value, 'PX', keepMs)
  end
end
`);

/** A value to be set where no newer one exists. */
export interface FetchedValue {
  readonly redisKey: string;
  readonly encrypted: Buffer;
  /** On the clock of the server, in milliseconds. */
  readonly fetchedAt: number;
  /** How long to keep it, in milliseconds. */
  readonly keepMs: number;
}

/** Error of the server clock as a busy process estimates it, in milliseconds. */
export const MAX_AHEAD_MS = 2_000;

/** The newest fetch wins, whichever is written last. */
export async function setNewest(client: RedisClient, values: readonly FetchedValue[]): Promise<void> {
  const keys = values.map(({ redisKey }) => redisKey);
  const args = values.flatMap(({ fetchedAt, encrypted, keepMs }) => [Math.round(fetchedAt * 1_000), encrypted, keepMs]);
  await runScript(client, SET_NEWEST, keys, [MAX_AHEAD_MS * 1_000, ...args]);
}
